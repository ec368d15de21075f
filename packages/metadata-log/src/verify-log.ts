import type { Offset } from '@quorate/records';
import { LogDamageError } from './errors.js';
import type { LogEnd, SegmentList } from './segment-list.js';
import { readSegment } from './segment-read.js';
import type { Deadline } from './split-timers.js';

/** How far a verification has come. */
export type VerifyStep = { readonly kind: 'sound'; readonly upTo: LogEnd } | { readonly kind: 'damaged'; readonly at: Offset; readonly problem: string };

/** Read and checked at a time, before the event loop gets a turn. */
const SLICE_BYTES = 1024 * 1024;

/**
 * Reads the next slice of the log from the disk and checks each batch by itself and against the one before it.
 *
 * @param from - sound so far, up to here. @param upTo - not beyond this, which lies behind `from`.
 * @throws what the file system throws.
 */
export function verifySlice(segments: SegmentList, from: LogEnd, upTo: Offset): VerifyStep {
  const whole = verifyRange(segments, from, upTo, SLICE_BYTES);
  // Which batch of the slice it is shows when they are read one by one.
  if (whole.kind === 'sound' || whole.at !== from.offset) return whole;
  return verifyRange(segments, from, upTo, 0);
}

function verifyRange(segments: SegmentList, from: LogEnd, upTo: Offset, maxBytes: number): VerifyStep {
  let { offset, checksum } = from;
  try {
    for (const { batch } of readSegment(segments.all[segments.indexOf(offset)]!, offset, upTo, maxBytes)) {
      if (batch.baseOffset !== offset) return { kind: 'damaged', at: offset, problem: `a batch begins at ${batch.baseOffset}, expected ${offset}` };
      if (batch.previousChecksum !== checksum) return { kind: 'damaged', at: offset, problem: `the batch at ${offset} does not chain to the one before it` };
      offset = batch.endOffset;
      checksum = batch.checksum;
    }
  } catch (error) {
    if (!(error instanceof LogDamageError)) throw error;
    return { kind: 'damaged', at: offset, problem: error.message };
  }
  return { kind: 'sound', upTo: { offset, checksum } };
}

/** What is verified, as it is now. */
export interface VerifiedLog {
  readonly segments: SegmentList;
  readonly start: LogEnd;
  readonly endOffset: Offset;
  /** Changes when something that was there is cut or replaced. */
  readonly generation: number;
  /** A cut is under way, or the log is not in use any more. */
  readonly isBusy: boolean;
}

/**
 * Reads what lies before `endOffset` from the disk, in slices, and checks all of it. A log that is changed meanwhile is
 * answered for as far as it was read.
 *
 * @param look - the log, before each slice; undefined when it has failed or is closed: then nobody is answered.
 * @param tryIo - runs what may throw because of the disk; false when it did.
 */
export function verifyLog(
  { look, timer, tryIo }: { readonly look: () => VerifiedLog | undefined; readonly timer: Deadline; readonly tryIo: (io: () => void) => boolean },
  endOffset: Offset,
  done: (damagedAt: Offset | undefined, problem: string | undefined) => void,
): void {
  const generation = look()?.generation;
  const next = (from: LogEnd | undefined) => {
    const log = look();
    if (log === undefined) return;
    const begin = from === undefined || from.offset < log.start.offset ? log.start : from;
    const upTo = Math.min(endOffset, log.endOffset) as Offset;
    if (begin.offset >= upTo || log.generation !== generation || log.isBusy) return done(undefined, undefined);
    let step: VerifyStep | undefined;
    if (!tryIo(() => (step = verifySlice(log.segments, begin, upTo)))) return;
    const reached = step!;
    if (reached.kind === 'damaged') return done(reached.at, reached.problem);
    timer.arm(timer.nowMs(), () => next(reached.upTo));
  };
  next(undefined);
}
