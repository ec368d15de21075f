import { ok, parseList, refused, splitList, type Parsed } from './parsed.js';

/** A host name or address and a TCP port. IPv6 addresses stand here without brackets. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** A named endpoint, as in `listeners`. An empty host means all interfaces. */
export interface NamedEndpoint extends HostPort {
  /** Listener name, upper case. */
  readonly name: string;
}

const HOST_PORT_FORM = 'host:port, with an IPv6 address in brackets: [::1]:9092';
const NAMED_FORM = 'NAME://host:port';

/** Reads `host:port` or `[v6]:port`; the host may be empty only where `emptyHost` is allowed. Port 0 to 65535. */
export function parseHostPort(text: string, emptyHost: 'allowed' | 'refused' = 'refused'): Parsed<HostPort> {
  const match = /^(?:\[([0-9a-fA-F:.%\w]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text.trim());
  if (match === null) return refused(hostPortProblem(text.trim()), HOST_PORT_FORM);
  const host = match[1] ?? match[2] ?? '';
  const port = Number(match[3]);
  if (port > 65_535) return refused(`port ${port} is out of range`, 'a port from 0 to 65535');
  if (match[1] !== undefined && !looksLikeIpv6(host)) return refused(`[${host}] is no IPv6 address`, HOST_PORT_FORM);
  if (/[\s/@]/.test(host)) return refused(`"${host}" is no host name`, HOST_PORT_FORM);
  if (host === '' && emptyHost === 'refused') return refused(`"${text.trim()}" names no host`, HOST_PORT_FORM);
  return ok({ host, port });
}

/** Like `parseHostPort`, for an address that others connect to: a real port, and no wildcard. */
export function parseReachable(text: string): Parsed<HostPort> {
  const parsed = parseHostPort(text);
  if (parsed.kind === 'refused') return parsed;
  const { host, port } = parsed.value;
  if (isWildcard(host)) return refused(`nobody can connect to ${host}`, 'a host name or address under which the node is reached');
  if (port === 0) return refused('nobody can connect to port 0', 'a port from 1 to 65535');
  return parsed;
}

/** Reads `host:port,host:port,…` of addresses to connect to. */
export function parseBootstrapServers(text: string): Parsed<readonly HostPort[]> {
  return parseList(text, parseReachable);
}

/** Reads `NAME://host:port,…`. Names must differ, and no two may bind the same address. */
export function parseListeners(text: string): Parsed<readonly NamedEndpoint[]> {
  const parsed = parseList(text, parseNamedEndpoint);
  if (parsed.kind === 'refused') return parsed;
  const repeated = firstRepeated(parsed.value.map((listener) => listener.name));
  if (repeated !== undefined) return refused(`the listener name ${repeated} appears twice`, 'each listener name once');
  for (const [index, listener] of parsed.value.entries()) {
    const clash = parsed.value.slice(0, index).find((other) => bindTheSame(other, listener));
    if (clash !== undefined) {
      return refused(`${clash.name} and ${listener.name} both listen on port ${listener.port}`, 'a port of its own for each listener');
    }
  }
  return parsed;
}

/** Reads `NAME://host:port,…` of addresses told to others: no wildcard, and names that differ. */
export function parseAdvertisedListeners(text: string): Parsed<readonly NamedEndpoint[]> {
  for (const item of splitList(text)) {
    const address = /^[^:]+:\/\/(.*)$/.exec(item)?.[1];
    if (address === undefined) return refused(`"${item}" is no endpoint`, NAMED_FORM);
    const reachable = parseReachable(address);
    if (reachable.kind === 'refused') return reachable;
  }
  const parsed = parseList(text, parseNamedEndpoint);
  if (parsed.kind === 'refused') return parsed;
  const repeated = firstRepeated(parsed.value.map((listener) => listener.name));
  return repeated === undefined ? parsed : refused(`the listener name ${repeated} appears twice`, 'each listener name once');
}

/** Whether binding to this host means all interfaces: never told to others. */
export function isWildcard(host: string): boolean {
  return host === '' || host === '0.0.0.0' || /^[0:]+$/.test(host);
}

/** `host:port`, with brackets around IPv6. */
export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** `NAME://host:port` */
export function formatEndpoint(endpoint: NamedEndpoint): string {
  return `${endpoint.name}://${formatHostPort(endpoint)}`;
}

function parseNamedEndpoint(item: string): Parsed<NamedEndpoint> {
  const match = /^([A-Za-z][\w.-]*):\/\/(.*)$/.exec(item);
  if (match === null) return refused(`"${item}" is no listener`, NAMED_FORM);
  const address = parseHostPort(match[2] ?? '', 'allowed');
  if (address.kind === 'refused') return refused(`${item}: ${address.problem}`, NAMED_FORM);
  return ok({ name: (match[1] ?? '').toUpperCase(), ...address.value });
}

function bindTheSame(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  return a.host === b.host || isWildcard(a.host) || isWildcard(b.host);
}

function hostPortProblem(text: string): string {
  if (text.includes('://')) return `"${text}" has a listener name or scheme, which does not belong here`;
  if ((text.match(/:/g)?.length ?? 0) > 1 && !text.includes('[')) return `"${text}" looks like an IPv6 address without brackets`;
  if (!text.includes(':')) return `"${text}" has no port`;
  return `"${text}" is no host and port`;
}

function looksLikeIpv6(text: string): boolean {
  return /^[0-9a-fA-F:.]+(%\w+)?$/.test(text) && text.includes(':') && text.split('::').length <= 2;
}

/** The first item that stands in the list a second time. */
export function firstRepeated<T>(items: readonly T[]): T | undefined {
  return items.find((item, index) => items.indexOf(item) !== index);
}
