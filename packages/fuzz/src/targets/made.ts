import { readdirSync, readFileSync } from 'node:fs';
import {
  CONTROL_RECORD_TYPE,
  RECORD_TYPE,
  concatBytes,
  encodeBatch,
  encodeControlRecord,
  genesisChecksum,
  nodeId,
  uuidFromBytes,
  type ControlRecordKind,
  type EncodedBatch,
  type MetadataRecordKind,
  type NodeId,
  type RawRecord,
  type RequestOutcome,
  type Uuid,
} from '@quorate/records';
import { kraftVersionRecord, VoterSet, votersRecord, type Voter } from '@quorate/raft-core';
import type { Random } from '../random.js';

/** Valid things that several targets begin from. */

export const CLUSTER_ID = 'fuzzed-cluster';

interface GoldenPayload {
  readonly kind: string;
  readonly raw: RawRecord;
}

/** Every golden payload of `packages/records/golden`: each kind at each version. */
const GOLDEN = readGolden();
export const METADATA_PAYLOADS: readonly GoldenPayload[] = GOLDEN.filter(({ kind }) => kind in RECORD_TYPE);
export const CONTROL_PAYLOADS: readonly GoldenPayload[] = GOLDEN.filter(({ kind }) => kind in CONTROL_RECORD_TYPE);
if (METADATA_PAYLOADS.length === 0 || CONTROL_PAYLOADS.length === 0) throw new Error('packages/records/golden holds no payloads');

export const uuid = (random: Random): Uuid => uuidFromBytes(random.bytes(16));
export const someNode = (random: Random): NodeId => nodeId(random.pick([0, 1, 2, 3, 101, 2 ** 31 - 1]));
export const someEpoch = (random: Random): number => random.pick([0, 1, 2, 7, random.below(1000), 2 ** 31 - 1]);
export const someOffset = (random: Random): number => random.pick([0, 1, random.below(1000), random.below(2 ** 31), 2 ** 53 - 200_000]);

export function voter(random: Random): Voter {
  return {
    id: someNode(random),
    directoryId: uuid(random),
    endpoints: [{ name: 'CONTROLLER', host: random.pick(['localhost', '127.0.0.1', '::1']), port: random.between(1, 65_535) }],
    kraftVersion: { min: 0, max: 1 },
  };
}

export function metadataRecords(random: Random): readonly RawRecord[] {
  return Array.from({ length: random.between(1, 6) }, () => random.pick(METADATA_PAYLOADS).raw);
}

export function controlRecords(random: Random): readonly RawRecord[] {
  const voters = new VoterSet([voter(random)]);
  return [random.pick(CONTROL_PAYLOADS).raw, ...(random.oneIn(2) ? [encodeControlRecord(kraftVersionRecord(1)), encodeControlRecord(votersRecord(voters))] : [])];
}

export function requests(random: Random, recordCount: number): RequestOutcome[] {
  let first = 0;
  return Array.from({ length: random.below(4) }, () => {
    first = Math.min(recordCount, first + random.below(3));
    const items = Array.from({ length: random.below(3) }, () => ({ errorCode: random.pick([0, 36, 41]), ...(random.oneIn(2) ? { topicId: random.bytes(16) } : {}) }));
    return { requestId: random.bytes(16), firstRecord: first, items };
  });
}

/** Batches that continue each other. */
export function batches(random: Random, from: { readonly offset: number; readonly checksum: number } = { offset: 0, checksum: genesisChecksum(CLUSTER_ID) }): readonly EncodedBatch[] {
  const made: EncodedBatch[] = [];
  let { offset, checksum } = from;
  for (let i = random.between(1, 4); i > 0; i--) {
    const isControl = random.oneIn(4);
    const records = isControl ? controlRecords(random) : metadataRecords(random);
    const batch = encodeBatch({ baseOffset: offset, epoch: 3, appendTimeMs: 1_700_000_000_000, isControl, previousChecksum: checksum, records, requests: isControl ? [] : requests(random, records.length) });
    made.push(batch);
    [offset, checksum] = [batch.endOffset, batch.checksum];
  }
  return made;
}

export const joined = (made: readonly EncodedBatch[]): Uint8Array => concatBytes(made.map((batch) => batch.bytes));

function readGolden(): GoldenPayload[] {
  const folder = new URL('../../../records/golden/', import.meta.url);
  return readdirSync(folder).flatMap((name) => {
    const match = /^([A-Za-z]+)-v(\d+).*\.bin$/.exec(name);
    if (match === null) return [];
    const kind = match[1]!;
    const type = RECORD_TYPE[kind as MetadataRecordKind] ?? CONTROL_RECORD_TYPE[kind as ControlRecordKind];
    return [{ kind, raw: { type, version: Number(match[2]), payload: new Uint8Array(readFileSync(new URL(name, folder))) } }];
  });
}
