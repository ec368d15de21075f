import type { Offset } from '@quorate/records';
import { assert } from './assert.js';
import type { VoterSetAt } from './config.js';
import { NO_VOTERS, VoterSet } from './voter-set.js';

interface Entry {
  readonly offset: Offset | undefined;
  readonly set: VoterSet;
}

/** Before all records, where the bootstrap checkpoint speaks. */
const BOOTSTRAP = -1;
const NOBODY: Entry = { offset: undefined, set: NO_VOTERS };

/**
 * The voter sets of the log, oldest first. The newest is in force as soon as it is appended, committed or not, and when
 * the log is cut back the one before it is in force again. Source: KIP-853.
 */
export class VoterSetHistory {
  #entries: Entry[];

  constructor(sets: readonly VoterSetAt[]) {
    this.#entries = sets.map(({ offset, voters }) => ({ offset, set: new VoterSet(voters) }));
  }

  /** The set in force; empty on a node that joins a quorum and has not been told yet. */
  get latest(): VoterSet {
    return this.#entries.at(-1)?.set ?? NO_VOTERS;
  }

  /** Offset of the record that the set in force came from; undefined for the bootstrap checkpoint. */
  get latestOffset(): Offset | undefined {
    return this.#entries.at(-1)?.offset;
  }

  /** The set before the one in force; undefined when nobody knows of one. */
  get previous(): VoterSet | undefined {
    return this.#entries.at(-2)?.set;
  }

  append(offset: Offset, set: VoterSet): void {
    const before = this.latestOffset;
    assert(before === undefined || offset > before, `voter set at ${offset} does not follow the one at ${before}`);
    this.#entries.push({ offset, set });
  }

  /** Forgets the sets at or after `endOffset`; that of the bootstrap checkpoint always stays. */
  truncate(endOffset: Offset): void {
    while ((this.latestOffset ?? BOOTSTRAP) >= endOffset) this.#entries.pop();
  }

  /** The set in force for what lies before `endOffset`: that of the newest record among them; with the high watermark, the committed one. */
  asOf(endOffset: Offset): { readonly offset: Offset | undefined; readonly set: VoterSet } {
    return this.#entries.findLast(({ offset }) => (offset ?? BOOTSTRAP) < endOffset) ?? NOBODY;
  }

  /** Forgets the sets that were no longer in force at `startOffset`. */
  trim(startOffset: Offset): void {
    const kept = this.#entries.indexOf(this.asOf(startOffset));
    if (kept > 0) this.#entries.splice(0, kept);
  }

  /** Forgets everything but this set, which a snapshot with that end offset holds. Without one, what is older than the snapshot stays. */
  beginAt(endOffset: Offset, set: VoterSet | undefined): void {
    if (set !== undefined) this.#entries = [{ offset: (endOffset - 1) as Offset, set }];
    else this.truncate(endOffset);
  }
}
