import { formatHostPort, parseHostPort, type HostPort } from './endpoint.js';
import { ok, parseList, refused, type Parsed } from './parsed.js';

const NATS_FORM = 'nats://host:port,… or host:port,…';

/** Reads `nats.servers`: URLs or `host:port`, default port 4222; credentials in the URL are kept. */
export function parseNatsServers(text: string): Parsed<readonly string[]> {
  return parseList(text, (item) => {
    const match = /^(?:(nats|tls):\/\/)?(?:([^@/\s]+)@)?([^@/\s]+)\/?$/i.exec(item);
    if (match === null) return refused(`"${item}" is no NATS address`, NATS_FORM);
    const withPort = /:\d+$/.test(match[3] ?? '') ? (match[3] ?? '') : `${match[3]}:4222`;
    const address = parseHostPort(withPort);
    if (address.kind === 'refused') return refused(address.problem, NATS_FORM);
    if (address.value.port === 0) return refused('nobody can connect to port 0', NATS_FORM);
    const credentials = match[2] === undefined ? '' : `${match[2]}@`;
    return ok(`${(match[1] ?? 'nats').toLowerCase()}://${credentials}${formatHostPort(address.value)}`);
  });
}

/** Reads an address to listen on for HTTP: `host:port` or `http://host:port`; empty turns it off. */
export function parseHttpListener(text: string): Parsed<HostPort | 'off'> {
  if (text === '') return ok('off');
  const parsed = parseHostPort(text.replace(/^http:\/\//i, '').replace(/\/$/, ''), 'allowed');
  return parsed.kind === 'refused' ? refused(parsed.problem, 'host:port, such as 127.0.0.1:19191; empty turns it off') : parsed;
}

/** Reads an OTLP endpoint: a URL with `http` or `https`; empty turns tracing off. */
export function parseOtlpEndpoint(text: string): Parsed<string> {
  if (text === '' || /^https?:\/\/[^\s/]+(\/\S*)?$/i.test(text)) return ok(text);
  return refused(`"${text}" is no URL`, 'http://host:4317');
}
