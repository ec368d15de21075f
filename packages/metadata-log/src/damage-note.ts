import { crc32c, utf8Encode } from '@quorate/records';
import { hex32 } from './bytes.js';
import { readCheckedLine } from './checked-line.js';
import { writeFileDurably } from './durable-file.js';
import type { FileSystem } from './file-system.js';
import { isDiskError } from './file-system-error.js';
import { LOG_DIRECTORY, RECOVERING_NOTE } from './paths.js';

/**
 * `recovering`: this directory lost something that was durable once. It is written before anything is cut, and as long as
 * it is there the node neither votes nor stands nor counts, however often it is started.
 */
export interface DamageNote {
  /** What was found first, for people. */
  readonly problem: string;
  /** The log was sound up to here (exclusive). */
  readonly soundUpTo: number;
  /** Of quorum-state when the damage was found: this node has answered no leader of a later epoch before. */
  readonly epoch: number;
  /** Nothing at or behind it was ever flushed here; undefined when nobody can say. */
  readonly endOffset: number | undefined;
}

const DATA_VERSION = 1;

/** A line of JSON, and its CRC-32C on the next. */
export function encodeDamageNote({ problem, soundUpTo, epoch, endOffset }: DamageNote): Uint8Array {
  const line = JSON.stringify({ problem, soundUpTo, epoch, endOffset: endOffset ?? -1, data_version: DATA_VERSION });
  return utf8Encode(`${line}\ncrc32c ${hex32(crc32c(utf8Encode(line)))}\n`);
}

/**
 * The note, if there is one: what counts is that it is there, whatever it says.
 *
 * @param presentEpoch - of quorum-state; what a note that cannot be read may have said is not more.
 * @throws what the file system throws.
 */
export function readDamageNote(fs: FileSystem, presentEpoch: number): DamageNote | undefined {
  if (!fs.exists(RECOVERING_NOTE)) return undefined;
  const { problem, soundUpTo, epoch, endOffset } = (readCheckedLine(fs.readFile(RECOVERING_NOTE)) ?? {}) as Record<string, number>;
  if (typeof problem !== 'string' || ![soundUpTo, epoch, endOffset].every(Number.isSafeInteger) || soundUpTo! < 0 || epoch! < 0) {
    return { problem: `${RECOVERING_NOTE} cannot be read.`, soundUpTo: 0, epoch: presentEpoch, endOffset: undefined };
  }
  return { problem, soundUpTo: soundUpTo!, epoch: epoch!, endOffset: endOffset! < 0 ? undefined : endOffset! };
}

/** Damage found while an earlier one has not been made good: what holds for both. */
export function joinedNote(earlier: DamageNote | undefined, later: DamageNote): DamageNote {
  if (earlier === undefined) return later;
  const endOffset = earlier.endOffset === undefined || later.endOffset === undefined ? undefined : Math.max(earlier.endOffset, later.endOffset);
  return { problem: earlier.problem, soundUpTo: Math.min(earlier.soundUpTo, later.soundUpTo), epoch: Math.max(earlier.epoch, later.epoch), endOffset };
}

/** Writes it, durably. */
export function writeDamageNote(fs: FileSystem, note: DamageNote, done: (error: Error | undefined) => void): void {
  writeFileDurably(fs, RECOVERING_NOTE, encodeDamageNote(note), done);
}

/** Takes the note away; `done` when that is durable. */
export function removeDamageNote(fs: FileSystem, done: (error: Error | undefined) => void): void {
  try {
    if (fs.exists(RECOVERING_NOTE)) fs.unlink(RECOVERING_NOTE);
  } catch (error) {
    if (!isDiskError(error)) throw error;
    return done(error);
  }
  fs.syncDirectory(LOG_DIRECTORY, done);
}
