import { MetadataImage, ReplayError } from '@quorate/metadata-image';
import { bytesEqual, decodeRecord, encodeBatch, encodeRecord, recordsOf, readBatches, RecordFormatError, type Epoch, type MetadataRecord, type Offset, type RawRecord } from '@quorate/records';
import type { Random } from '../random.js';
import { repairBatches } from '../repair-batches.js';
import type { FuzzTarget } from '../target.js';
import { METADATA_PAYLOADS } from './made.js';

/**
 * Records replayed twice, once straight from their bytes and once by way of the generated decoder: both images must take
 * and refuse the same and come to the same digest, and a record that is refused must have changed nothing.
 */
export const imageTarget: FuzzTarget = {
  name: 'image-replay',
  shape: 'bytes',
  valid: (random) => encodeBatch({ baseOffset: 0, epoch: 1, appendTimeMs: 1_700_000_000_000, isControl: false, previousChecksum: 0, records: story(random) }).bytes,
  repair: (bytes, random) => repairBatches(bytes, 0, random.oneIn(2)),
  // Columns come in pages, arenas in blocks, both before the first row; names and rows of two images.
  freeBufferBytes: 32 * 1024 * 1024,
  buffersPerByte: 64,
  heapPerByte: 1024,
  largeBytes: 64 * 1024,
  decode: (bytes) => {
    const { batches, problem } = readBatches(bytes);
    const [fast, slow] = [new MetadataImage(), new MetadataImage()];
    let refused = problem !== undefined;
    let offset = 0;
    for (const raw of batches.filter(({ isControl }) => !isControl).flatMap(recordsOf)) {
      const at = { offset: offset++ as Offset, epoch: 1 as Epoch, wallMs: 0 };
      const before = fast.digest().value;
      const verdict = outcome(() => fast.applyRaw(raw, at));
      const other = outcome(() => slow.apply(decodeRecord(raw), at));
      if (verdict !== other) throw new Error(`record ${at.offset} of type ${raw.type}: ${verdict} from its bytes, ${other} by way of the message`);
      if (!sameDigest(fast.digest().value, slow.digest().value)) throw new Error(`record ${at.offset} of type ${raw.type} gives another image from its bytes`);
      if (verdict === 'taken') continue;
      if (!sameDigest(before, fast.digest().value)) throw new Error(`record ${at.offset} of type ${raw.type} was refused and has changed something`);
      refused = true;
    }
    return refused ? 'refused' : 'read';
  },
};

function outcome(apply: () => void): 'taken' | 'refused' {
  try {
    apply();
    return 'taken';
  } catch (error) {
    if (error instanceof ReplayError || error instanceof RecordFormatError) return 'refused';
    throw error;
  }
}

function sameDigest(a: unknown, b: unknown): boolean {
  return a instanceof Uint8Array && b instanceof Uint8Array ? bytesEqual(a, b) : a === b;
}

const TOPICS = [1, 2, 3, 4].map((byte) => new Uint8Array(16).fill(byte));
const BROKERS = [101, 102, 103];

/** Topics, their partitions and what becomes of them, in an order that fits. */
function story(random: Random): RawRecord[] {
  const records: MetadataRecord[] = [];
  const made: { readonly topicId: Uint8Array; readonly partitionId: number }[] = [];
  const topics = TOPICS.slice(0, random.between(1, TOPICS.length));
  for (const [index, topicId] of topics.entries()) {
    records.push({ kind: 'Topic', version: 0, value: { name: `topic-${index}${'x'.repeat(random.below(20))}`, topicId } });
    for (let partitionId = 0; partitionId < random.below(4); partitionId++) {
      made.push({ topicId, partitionId });
      const replicas = BROKERS.slice(0, random.between(1, 3));
      records.push({
        kind: 'Partition',
        version: 2,
        value: { topicId, partitionId, replicas, isr: replicas, removingReplicas: [], addingReplicas: [], leader: replicas[0]!, leaderRecoveryState: random.oneIn(3) ? 1 : undefined, leaderEpoch: random.below(9), partitionEpoch: random.below(9), directories: random.oneIn(2) ? [] : replicas.map((id) => new Uint8Array(16).fill(id)), eligibleLeaderReplicas: undefined, lastKnownElr: undefined },
      });
    }
  }
  for (let i = random.below(6); i > 0 && made.length > 0; i--) {
    const { topicId, partitionId } = random.pick(made);
    const list = (): { ids: number[] } | undefined => (random.oneIn(2) ? undefined : { ids: BROKERS.slice(0, random.between(1, 3)) });
    records.push({ kind: 'PartitionChange', version: 2, value: { topicId, partitionId, isr: list(), leader: random.oneIn(2) ? undefined : random.pick([-1, ...BROKERS]), replicas: undefined, removingReplicas: undefined, addingReplicas: undefined, leaderRecoveryState: undefined, directories: undefined, eligibleLeaderReplicas: list(), lastKnownElr: undefined } });
  }
  if (random.oneIn(4)) records.push({ kind: 'RemoveTopic', version: 0, value: { topicId: topics[0]! } });
  const others = Array.from({ length: random.below(3) }, () => random.pick(GOLDEN_THAT_STAND_ALONE).raw);
  return [...records.map(encodeRecord), ...others];
}

const ALONE = new Set(['Config', 'ClientQuota', 'UserScramCredential', 'NoOp']);
const GOLDEN_THAT_STAND_ALONE = METADATA_PAYLOADS.filter(({ kind }) => ALONE.has(kind));
