import { ok, parseList, refused, type Parsed } from './parsed.js';

/** Kafka's security protocols. Only PLAINTEXT exists here yet. */
export const SECURITY_PROTOCOLS = { PLAINTEXT: 0, SSL: 1, SASL_PLAINTEXT: 2, SASL_SSL: 3 } as const;
export type SecurityProtocol = keyof typeof SECURITY_PROTOCOLS;

const FORM = 'NAME:PLAINTEXT,… (SSL, SASL_PLAINTEXT and SASL_SSL do not exist here yet)';

/** Whether the word is the name of a security protocol. */
export function isSecurityProtocol(word: string): word is SecurityProtocol {
  return word in SECURITY_PROTOCOLS;
}

/**
 * Reads `listener.security.protocol.map`: `NAME:PROTOCOL,…`. Protocols that do not exist here yet are accepted in the map,
 * since Kafka's samples list them all; a listener that uses one is refused.
 */
export function parseSecurityProtocolMap(text: string): Parsed<ReadonlyMap<string, SecurityProtocol>> {
  const parsed = parseList(text, parseEntry);
  if (parsed.kind === 'refused') return parsed;
  const map = new Map<string, SecurityProtocol>();
  for (const [name, protocol] of parsed.value) {
    if (map.has(name)) return refused(`the listener name ${name} appears twice`, FORM);
    map.set(name, protocol);
  }
  return ok(map);
}

function parseEntry(item: string): Parsed<readonly [string, SecurityProtocol]> {
  const match = /^([A-Za-z][\w.-]*):(\w+)$/.exec(item);
  if (match === null) return refused(`"${item}" is no entry`, FORM);
  const protocol = (match[2] ?? '').toUpperCase();
  if (!isSecurityProtocol(protocol)) return refused(`"${match[2]}" is no security protocol`, FORM);
  return ok([(match[1] ?? '').toUpperCase(), protocol] as const);
}
