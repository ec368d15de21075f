import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { emptySummary } from './summary.js';
import type { FailedWorld, Summary } from './summary.js';

/** Seeds from `from` up to, not including, `to`. */
export interface SeedRange {
  readonly from: number;
  readonly to: number;
}

/** Which campaign this is: another commit, or other seeds, is another campaign. */
export interface CampaignIdentity {
  readonly commit: string;
  readonly from: number;
  readonly seeds: number;
}

interface Stored extends CampaignIdentity {
  readonly format: 1;
  readonly done: readonly SeedRange[];
  readonly summary: Summary;
}

/**
 * How far a campaign has come, in a folder: `state.json`, rewritten as a whole, and one text file for each failed seed under
 * `failures`. Without a folder it is kept in memory only.
 */
export class CampaignState {
  readonly #identity: CampaignIdentity;
  readonly #folder: string | undefined;
  #done: readonly SeedRange[];
  readonly summary: Summary;

  private constructor(identity: CampaignIdentity, folder: string | undefined, stored: Stored | undefined) {
    this.#identity = identity;
    this.#folder = folder;
    this.#done = stored?.done ?? [];
    this.summary = stored?.summary ?? emptySummary();
  }

  /** Goes on with what the folder holds of the same campaign; anything else in it is begun anew, its failures are kept. */
  static open(identity: CampaignIdentity, folder: string | undefined): CampaignState {
    if (folder === undefined) return new CampaignState(identity, undefined, undefined);
    mkdirSync(path.join(folder, 'failures'), { recursive: true });
    const file = stateFile(folder);
    const stored = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Stored) : undefined;
    const isSame = stored?.format === 1 && stored.commit === identity.commit && stored.from === identity.from && stored.seeds === identity.seeds;
    return new CampaignState(identity, folder, isSame ? stored : undefined);
  }

  /** What is left to do, in pieces of at most `size` seeds. */
  remaining(size: number): SeedRange[] {
    const { from, seeds } = this.#identity;
    const pieces: SeedRange[] = [];
    let next = from;
    for (const gap of [...this.#done, { from: from + seeds, to: from + seeds }]) {
      for (; next < gap.from; next += size) pieces.push({ from: next, to: Math.min(next + size, gap.from) });
      next = gap.to;
    }
    return pieces;
  }

  finished(range: SeedRange): void {
    this.#done = mergeRanges([...this.#done, range]);
  }

  /** @param account - seed, command, what broke, last lines of the trace. */
  keepFailure(failure: FailedWorld, account: string): void {
    this.summary.failures.push(failure);
    if (this.#folder !== undefined) writeFileSync(path.join(this.#folder, 'failures', `seed-${failure.seed}.txt`), account);
  }

  save(): void {
    if (this.#folder === undefined) return;
    const stored: Stored = { format: 1, ...this.#identity, done: this.#done, summary: this.summary };
    const file = stateFile(this.#folder);
    writeFileSync(`${file}.new`, `${JSON.stringify(stored, undefined, 2)}\n`);
    renameSync(`${file}.new`, file);
  }
}

/** The same seeds in as few ranges as possible, in order. */
export function mergeRanges(ranges: readonly SeedRange[]): SeedRange[] {
  const merged: SeedRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last !== undefined && range.from <= last.to) merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
    else merged.push(range);
  }
  return merged;
}

function stateFile(folder: string): string {
  return path.join(folder, 'state.json');
}
