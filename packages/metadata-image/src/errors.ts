import type { RecordPosition } from './view.js';

/**
 * A record does not fit what is held: an unknown topic, another broker epoch, an id that is taken. For a record that the log
 * holds it is fatal, since every other node meets it too; for one that was only decided, the overlay is dropped.
 */
export class ReplayError extends Error {
  override readonly name = 'ReplayError';
  /** Offset of the record. */
  readonly offset: number;
  readonly recordKind: string;

  constructor(recordKind: string, at: RecordPosition, problem: string, options?: { readonly cause: unknown }) {
    super(`${recordKind} record at offset ${at.offset} (epoch ${at.epoch}) cannot be replayed: ${problem}`, options);
    this.offset = at.offset;
    this.recordKind = recordKind;
  }
}

/**
 * The image that a whole, undamaged snapshot gives is not the one it says it was made from: made or read by wrong code, or in
 * memory that fails. Fatal: what else this process would conclude is in doubt.
 */
export class ImageDigestError extends Error {
  override readonly name = 'ImageDigestError';
}

/** What a replay rule throws; `applyRecord` adds which record it was. */
export class ReplayProblem extends Error {
  override readonly name = 'ReplayProblem';
}

export function requireThat(holds: boolean, problem: () => string): asserts holds {
  if (!holds) throw new ReplayProblem(problem());
}
