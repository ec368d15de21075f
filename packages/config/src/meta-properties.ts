import { ZERO_UUID, parseUuid, type NodeId, type Uuid } from '@quorate/records';
import { ok, refused, type Parsed } from './parsed.js';
import { escapeValue, parseProperties } from './properties.js';
import { parseNodeId } from './voters.js';

/** What `meta.properties` in each data directory says; written by formatting, never by a server. */
export interface MetaProperties {
  /** Any string; must be the same in all directories of all nodes. */
  readonly clusterId: string;
  readonly nodeId: NodeId;
  /** Unlike in every directory: another disk is another replica (KIP-853, KIP-858). */
  readonly directoryId: Uuid;
  /** Zero until an operator overrides a lost majority (ours). */
  readonly recoveryId: Uuid;
}

const FORMAT_HINT = 'a file written by `quorate storage format`';

/** Reads the text of a `meta.properties` file. Keys that are not known are passed over. */
export function parseMetaProperties(text: string): Parsed<MetaProperties> {
  const { entries, problems } = parseProperties(text, 'keep');
  const broken = problems[0];
  if (broken !== undefined) return refused(`line ${broken.line}: ${broken.problem}`, FORMAT_HINT);
  const values = new Map(entries.map((entry) => [entry.key, entry.value]));
  const version = values.get('version');
  if (version !== '1') return refused(`version is ${version ?? 'missing'}`, `version=1: ${FORMAT_HINT}`);
  const clusterId = values.get('cluster.id');
  if (clusterId === undefined || clusterId === '') return refused('cluster.id is missing', FORMAT_HINT);
  const nodeId = parseNodeId(values.get('node.id') ?? '');
  if (nodeId.kind === 'refused') return refused(`node.id: ${nodeId.problem}`, nodeId.accepted);
  const directoryId = parseUuid(values.get('directory.id') ?? '');
  if (directoryId === undefined) return refused(`directory.id is "${values.get('directory.id') ?? ''}"`, '22 characters of base64url');
  const recoveryId = parseUuid(values.get('recovery.id') ?? ZERO_UUID);
  if (recoveryId === undefined) return refused(`recovery.id is "${values.get('recovery.id') ?? ''}"`, '22 characters of base64url');
  return ok({ clusterId, nodeId: nodeId.value, directoryId, recoveryId });
}

/** The text of a `meta.properties` file. Equal contents give equal text: there is no date in it. */
export function printMetaProperties(meta: MetaProperties): string {
  return [
    '# Written by "quorate storage format". Do not edit.',
    'version=1',
    `cluster.id=${escapeValue(meta.clusterId)}`,
    `node.id=${meta.nodeId}`,
    `directory.id=${meta.directoryId}`,
    `recovery.id=${meta.recoveryId}`,
    '',
  ].join('\n');
}
