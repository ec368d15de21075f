import { bytesEqual, utf8Decode, utf8Encode, type Epoch, type Offset } from '@quorate/records';
import type { FileSystem } from './file-system.js';
import { isOutOfSpace } from './file-system-error.js';
import { LEADER_EPOCH_CHECKPOINT } from './paths.js';

/** An epoch of the log and the offset of its first record. */
export interface EpochStart {
  readonly epoch: Epoch;
  readonly startOffset: Offset;
}

const VERSION = 0;
/** Kafka's epochs are int32. */
const MAX_EPOCH = 2 ** 31 - 1;

/**
 * Kafka's text file: version, number of entries, then `epoch startOffset` a line. For people and tools: recovery reads
 * the epochs from the batches themselves and writes this file anew where it differs, so it is replaced without a sync.
 *
 * @returns whether there was room for it.
 */
export function writeLeaderEpochCheckpoint(fs: FileSystem, epochs: readonly EpochStart[]): boolean {
  const temporary = `${LEADER_EPOCH_CHECKPOINT}.tmp`;
  const bytes = encodeLeaderEpochCheckpoint(epochs);
  try {
    const file = fs.open(temporary, { create: true });
    try {
      file.writeSync(bytes, 0);
      file.truncateSync(bytes.length);
    } finally {
      file.close();
    }
    fs.rename(temporary, LEADER_EPOCH_CHECKPOINT);
    return true;
  } catch (error) {
    if (!isOutOfSpace(error)) throw error;
    return false;
  }
}

/** The text file follows the log, never the other way round. */
export function refreshLeaderEpochCheckpoint(fs: FileSystem, epochs: readonly EpochStart[]): void {
  const current = fs.exists(LEADER_EPOCH_CHECKPOINT) ? fs.readFile(LEADER_EPOCH_CHECKPOINT) : undefined;
  if (current === undefined || !bytesEqual(current, encodeLeaderEpochCheckpoint(epochs))) writeLeaderEpochCheckpoint(fs, epochs);
}

export function encodeLeaderEpochCheckpoint(epochs: readonly EpochStart[]): Uint8Array {
  const lines = [String(VERSION), String(epochs.length), ...epochs.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`)];
  return utf8Encode(`${lines.join('\n')}\n`);
}

/** @returns undefined when it is no such file: unknown version, wrong count, not numbers, too large ones, or not strictly rising. */
export function parseLeaderEpochCheckpoint(bytes: Uint8Array): EpochStart[] | undefined {
  const [version, count, ...lines] = utf8Decode(bytes).split('\n').filter((line) => line !== '');
  if (version !== String(VERSION) || count !== String(lines.length)) return undefined;
  const epochs: EpochStart[] = [];
  for (const line of lines) {
    const match = /^(\d+) (\d+)$/.exec(line);
    if (match === null) return undefined;
    const next = { epoch: Number(match[1]) as Epoch, startOffset: Number(match[2]) as Offset };
    if (next.epoch > MAX_EPOCH || !Number.isSafeInteger(next.startOffset)) return undefined;
    const previous = epochs.at(-1);
    if (previous !== undefined && (next.epoch <= previous.epoch || next.startOffset <= previous.startOffset)) return undefined;
    epochs.push(next);
  }
  return epochs;
}
