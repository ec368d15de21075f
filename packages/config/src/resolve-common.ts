import type { ConfigError, Source } from './config-problem.js';
import { formatHostPort, type HostPort } from './endpoint.js';
import type { KeyValues, KnownKey } from './key-definitions.js';
import type { Blame } from './listener-rules.js';
import type { CommonConfig } from './quorate-config.js';

/** Values that follow from other keys, for `quorate config print`. */
export type DerivedValues = Map<KnownKey, { readonly value: string; readonly source: Source }>;

/** What resolving needs to say what is wrong and what followed from what. */
export interface ResolveContext {
  readonly blame: Blame;
  readonly errors: ConfigError[];
  readonly derived: DerivedValues;
}

/** The part that all programs share. `httpDefault` is where HTTP is served when nothing is said. */
export function resolveCommon(values: KeyValues, httpDefault: { listener: HostPort; from: string } | undefined, context: ResolveContext): CommonConfig {
  return {
    clusterId: values['cluster.id'],
    bootstrapServers: bootstrapServers(values, context),
    natsServers: values['nats.servers'] ?? [],
    httpListener: httpListener(values, httpDefault, context.derived),
    logLevel: valueOf(values, 'log.level'),
    otlpEndpoint: values['otel.exporter.otlp.endpoint'] || undefined,
    requestTimeoutMs: valueOf(values, 'controller.quorum.request.timeout.ms'),
    shutdownGraceMs: valueOf(values, 'shutdown.grace.ms'),
  };
}

/**
 * The value of a key that has a default. It is missing only when the text was refused; then an error is noted already,
 * nobody sees the configuration, and any value will do.
 */
export function valueOf<K extends KnownKey>(values: KeyValues, key: K): NonNullable<KeyValues[K]> {
  return (values[key] ?? 0) as NonNullable<KeyValues[K]>;
}

/** Loopback, 100 ports above the process's first listener; a free port when that one is free to choose. */
export function httpBeside(port: number): HostPort | undefined {
  const httpPort = port === 0 ? 0 : port + 100;
  return httpPort > 65_535 ? undefined : { host: '127.0.0.1', port: httpPort };
}

function bootstrapServers(values: KeyValues, { blame, errors, derived }: ResolveContext): readonly HostPort[] {
  const key = 'controller.quorum.bootstrap.servers';
  const given = values[key];
  if (given !== undefined && given.length > 0) return given;
  const voters = values['controller.quorum.voters'] ?? [];
  if (voters.length === 0) {
    errors.push(blame(key, 'without it this process finds no controller', `add ${key}=host:port,… of the controllers, for example ${key}=127.0.0.1:19091`));
    return [];
  }
  const servers = voters.map(({ host, port }) => ({ host, port }));
  derived.set(key, { value: servers.map(formatHostPort).join(','), source: { kind: 'derived', from: 'controller.quorum.voters' } });
  return servers;
}

function httpListener(values: KeyValues, byDefault: { listener: HostPort; from: string } | undefined, derived: DerivedValues): HostPort | undefined {
  const given = values['http.listener'];
  if (given === 'off') return undefined;
  if (given !== undefined) return { host: given.host === '' ? '0.0.0.0' : given.host, port: given.port };
  if (byDefault === undefined) return undefined;
  derived.set('http.listener', { value: formatHostPort(byDefault.listener), source: { kind: 'derived', from: byDefault.from } });
  return byDefault.listener;
}
