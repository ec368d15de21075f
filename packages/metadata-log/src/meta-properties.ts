import { nodeId, parseUuid, utf8Decode, utf8Encode, type NodeId, type Uuid } from '@quorate/records';

/** Who a data directory belongs to: `meta.properties`, version 1 (KIP-858). */
export interface MetaProperties {
  readonly clusterId: string;
  readonly nodeId: NodeId;
  /** Names this disk; another disk makes another replica (KIP-853). */
  readonly directoryId: Uuid;
}

const VERSION = '1';

export function encodeMetaProperties({ clusterId, nodeId, directoryId }: MetaProperties): Uint8Array {
  const lines = ['#', `cluster.id=${escapeValue(clusterId)}`, `directory.id=${directoryId}`, `node.id=${nodeId}`, `version=${VERSION}`];
  return utf8Encode(`${lines.join('\n')}\n`);
}

/** @returns the properties, or a sentence that says what is wrong with the file. */
export function parseMetaProperties(bytes: Uint8Array): MetaProperties | string {
  const entries = new Map(utf8Decode(bytes).split(/\r?\n/).map(splitLine).filter((entry) => entry !== undefined));
  const version = entries.get('version');
  if (version !== VERSION) return version === undefined ? 'it has no version' : `its version is ${version}, not ${VERSION}`;
  const clusterId = entries.get('cluster.id');
  if (clusterId === undefined || clusterId === '') return 'it has no cluster.id';
  const idText = entries.get('node.id') ?? '';
  if (!/^\d{1,10}$/.test(idText)) return idText === '' ? 'it has no node.id' : `its node.id is ${idText}`;
  const directoryText = entries.get('directory.id') ?? '';
  const directoryId = parseUuid(directoryText);
  if (directoryId === undefined) return directoryText === '' ? 'it has no directory.id' : `its directory.id ${directoryText} is no UUID`;
  return { clusterId, nodeId: nodeId(Number(idText)), directoryId };
}

function splitLine(line: string): [string, string] | undefined {
  const text = line.trimStart();
  if (text === '' || text.startsWith('#') || text.startsWith('!')) return undefined;
  const match = /^([^=:\s]+)\s*[=:]?\s*(.*)$/.exec(text);
  return match === null ? undefined : [match[1]!, unescapeValue(match[2]!)];
}

/** As java.util.Properties escapes a value, except that all but ASCII controls stay UTF-8: any string is a cluster id. */
function escapeValue(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replaceAll('\f', '\\f')
    .replace(/^ /, '\\ ');
}

function unescapeValue(text: string): string {
  return text.replace(/\\u([0-9a-fA-F]{4})|\\(.)/g, (_whole, unicode: string | undefined, char: string | undefined) => {
    if (unicode !== undefined) return String.fromCharCode(Number.parseInt(unicode, 16));
    return { n: '\n', r: '\r', t: '\t', f: '\f' }[char!] ?? char!;
  });
}
