import type { ConfigError } from './config-problem.js';
import { formatHostPort, isWildcard, type HostPort, type NamedEndpoint } from './endpoint.js';
import type { KeyValues } from './key-definitions.js';
import type { ProcessRole } from './process-roles.js';
import { SECURITY_PROTOCOLS, isSecurityProtocol, type SecurityProtocol } from './security-protocol-map.js';

/** One listener of a server, ready to bind and to tell others about. */
export interface Listener {
  /** Upper case. */
  readonly name: string;
  /** Address to bind; `0.0.0.0` for all interfaces. IPv6 without brackets. */
  readonly host: string;
  /** 0: any free port, which is then advertised in place of 0. */
  readonly port: number;
  /** Which services it carries. */
  readonly carries: 'controller' | 'broker';
  /** What others are told; undefined when `advertised.listeners` leaves the listener out. Never a wildcard. */
  readonly advertised: HostPort | undefined;
  readonly securityProtocol: SecurityProtocol;
  /** Kafka's number of the protocol, as registrations carry it. */
  readonly securityProtocolId: number;
}

/** Listeners with the names that follow from them. */
export interface ResolvedListeners {
  readonly listeners: readonly Listener[];
  readonly controllerListenerNames: readonly string[];
  readonly interBrokerListenerName: string | undefined;
}

/** Makes an error about a key, with value and source filled in when the key was set. */
export type Blame = (key: string, problem: string, accepted: string) => ConfigError;

const DEFAULT_BROKER_LISTENERS: readonly NamedEndpoint[] = [{ name: 'PLAINTEXT', host: 'localhost', port: 9092 }];

/** Applies Kafka's rules on how the listener keys fit together; what breaks them goes to `errors`. */
export function resolveListeners(values: KeyValues, roles: readonly ProcessRole[], blame: Blame, errors: ConfigError[]): ResolvedListeners {
  const isController = roles.includes('controller');
  const isBroker = roles.includes('broker');
  const endpoints = values.listeners ?? (isController ? undefined : DEFAULT_BROKER_LISTENERS);
  if (endpoints === undefined || endpoints.length === 0) {
    errors.push(blame('listeners', 'a controller needs a listener', isBroker ? 'add listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093' : 'add listeners=CONTROLLER://localhost:9093'));
    return { listeners: [], controllerListenerNames: values['controller.listener.names'] ?? [], interBrokerListenerName: undefined };
  }
  const names = endpoints.map((endpoint) => endpoint.name);
  const controllerNames = controllerListenerNames(values, names, { isController, isBroker }, blame, errors);
  const brokerNames = names.filter((name) => !controllerNames.includes(name));
  if (isBroker && brokerNames.length === 0) {
    errors.push(blame('listeners', 'a broker needs a listener that is not among controller.listener.names', `for example ${names.join(',')} and PLAINTEXT://localhost:9092`));
  }
  checkAdvertisedNames(values, names, blame, errors);
  const listeners = endpoints.map((endpoint) => listenerOf(endpoint, values, controllerNames, blame, errors));
  const interBrokerListenerName = isBroker ? interBrokerName(values, brokerNames, blame, errors) : undefined;
  checkInterBrokerAdvertised(listeners, interBrokerListenerName, blame, errors);
  return { listeners, controllerListenerNames: controllerNames, interBrokerListenerName };
}

function controllerListenerNames(
  values: KeyValues,
  names: readonly string[],
  roles: { isController: boolean; isBroker: boolean },
  blame: Blame,
  errors: ConfigError[],
): readonly string[] {
  const key = 'controller.listener.names';
  const given = values[key];
  if (given === undefined || given.length === 0) {
    if (!roles.isController) return ['CONTROLLER'];
    if (!roles.isBroker) return names;
    const guess = names.includes('CONTROLLER') ? 'CONTROLLER' : names.find((name) => name !== 'PLAINTEXT') ?? 'CONTROLLER';
    errors.push(blame(key, 'it must say which listeners carry the controller', `add ${key}=${guess}`));
    return [];
  }
  const absent = given.find((name) => !names.includes(name));
  if (roles.isController && absent !== undefined) {
    const lines = `add ${absent}://localhost:9093 to listeners, or name one of ${names.join(', ')}`;
    errors.push(blame(key, `${absent} is not among listeners`, lines));
  }
  const extra = names.find((name) => !given.includes(name));
  if (roles.isController && !roles.isBroker && extra !== undefined) {
    errors.push(blame('listeners', `a controller alone has no use for listener ${extra}`, `add ${extra} to ${key}, or take it away`));
  }
  const foreign = given.find((name) => names.includes(name));
  if (!roles.isController && foreign !== undefined) {
    errors.push(blame('listeners', `${foreign} is a controller's listener, and this node is a broker alone`, 'listeners that are not among controller.listener.names'));
  }
  return given;
}

function checkAdvertisedNames(values: KeyValues, names: readonly string[], blame: Blame, errors: ConfigError[]): void {
  const unknown = values['advertised.listeners']?.find((endpoint) => !names.includes(endpoint.name));
  if (unknown === undefined) return;
  errors.push(blame('advertised.listeners', `${unknown.name} is not among listeners`, `names from listeners: ${names.join(', ')}`));
}

function listenerOf(endpoint: NamedEndpoint, values: KeyValues, controllerNames: readonly string[], blame: Blame, errors: ConfigError[]): Listener {
  const carries = controllerNames.includes(endpoint.name) ? 'controller' : 'broker';
  const securityProtocol = securityProtocolOf(endpoint.name, values, carries, blame, errors);
  return {
    name: endpoint.name,
    host: endpoint.host === '' ? '0.0.0.0' : endpoint.host,
    port: endpoint.port,
    carries,
    advertised: advertisedOf(endpoint, values, carries, blame, errors),
    securityProtocol,
    securityProtocolId: SECURITY_PROTOCOLS[securityProtocol],
  };
}

function advertisedOf(endpoint: NamedEndpoint, values: KeyValues, carries: Listener['carries'], blame: Blame, errors: ConfigError[]): HostPort | undefined {
  const advertised = values['advertised.listeners'];
  const own = advertised?.find((candidate) => candidate.name === endpoint.name);
  if (own !== undefined) return { host: own.host, port: own.port };
  // Kafka advertises a broker's listeners only as listed, a controller's from `listeners` where nothing is listed.
  if (advertised !== undefined && advertised.length > 0 && carries === 'broker') return undefined;
  if (!isWildcard(endpoint.host)) return { host: endpoint.host, port: endpoint.port };
  const given = formatHostPort(endpoint);
  errors.push(
    blame(
      'advertised.listeners',
      `${endpoint.name} listens on all interfaces (${given}), and that address is never told to others`,
      `add advertised.listeners=${endpoint.name}://<host name of this node>:${endpoint.port}`,
    ),
  );
  return undefined;
}

/** Kafka's defaults: a name that is a protocol means it, and a controller's listener is PLAINTEXT while no map is given. */
function securityProtocolOf(name: string, values: KeyValues, carries: Listener['carries'], blame: Blame, errors: ConfigError[]): SecurityProtocol {
  const map = values['listener.security.protocol.map'];
  const mapped = map?.get(name);
  const protocol = mapped ?? (isSecurityProtocol(name) ? name : map === undefined && carries === 'controller' ? 'PLAINTEXT' : undefined);
  if (protocol === undefined) {
    const entry = `${name}:PLAINTEXT`;
    const accepted = map === undefined ? `add listener.security.protocol.map=${entry}` : `add ${entry} to it`;
    errors.push(blame('listener.security.protocol.map', `no security protocol is defined for listener ${name}`, accepted));
  } else if (protocol !== 'PLAINTEXT') {
    const key = mapped === undefined ? 'listeners' : 'listener.security.protocol.map';
    errors.push(blame(key, `listener ${name} wants ${protocol}, which does not exist here yet`, `listener.security.protocol.map=${name}:PLAINTEXT`));
  }
  return 'PLAINTEXT';
}

function interBrokerName(values: KeyValues, brokerNames: readonly string[], blame: Blame, errors: ConfigError[]): string | undefined {
  const given = values['inter.broker.listener.name'];
  if (given === undefined) return brokerNames.includes('PLAINTEXT') ? 'PLAINTEXT' : brokerNames[0];
  if (!brokerNames.includes(given)) {
    const problem = `${given} is not among the broker's listeners`;
    errors.push(blame('inter.broker.listener.name', problem, brokerNames.length === 0 ? 'a listener of the broker' : brokerNames.join(', ')));
  }
  return given;
}

function checkInterBrokerAdvertised(listeners: readonly Listener[], name: string | undefined, blame: Blame, errors: ConfigError[]): void {
  const listener = listeners.find((candidate) => candidate.name === name);
  if (listener === undefined || listener.advertised !== undefined || isWildcard(listener.host)) return;
  const problem = `it leaves out ${listener.name}, over which brokers reach each other`;
  errors.push(blame('advertised.listeners', problem, `add ${listener.name}://${formatHostPort(listener)} to it`));
}
