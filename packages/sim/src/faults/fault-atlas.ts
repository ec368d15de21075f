/** A voter as the atlas sees it when it is asked. */
export interface AtlasReplica {
  readonly id: number;
  readonly isUp: boolean;
  readonly epoch: number;
  /** Leader, or follower of one: it asks for no vote in its epoch. */
  readonly isSettled: boolean;
  /** End of what it has, synced or not. */
  readonly endOffset: number;
  /** End of what no crash takes from it. */
  readonly flushedEnd: number;
  /** Checksum of the batch that ends there; undefined when none does. */
  readonly checksumAt: (endOffset: number) => number | undefined;
}

/** A request to remove a voter may take so long to be carried out: delays, and the leader's own patience. */
const REMOVAL_UNDER_WAY_MS = 5000;

/**
 * Which faults a protocol can survive at a moment; the others are not granted (design §10).
 *
 * A replica is *lost* once what it has may be of no use: damaged, or wiped. Damage may lie in a place that is not read for a
 * long time, so it stays lost. Fewer than half may be lost.
 *
 * A replica is *forgetful* from when an old image of its disk is put back until it has caught up again: nobody can notice.
 * It has forgotten votes and what it acknowledged. That is survivable only where nothing depends on it: a majority without
 * it holds all that it had, and no voter can still ask it for a vote of an epoch in which it may have voted.
 *
 * A voter may be *removed* while none is lost or forgetful, one at a time; until it is a voter again nothing may be lost.
 *
 * Two running processes with one replica's disk are survivable never, and are never granted.
 */
export class FaultAtlas {
  readonly #voterCount: number;
  readonly #lost = new Set<number>();
  readonly #forgetful = new Set<number>();
  #removed: { readonly id: number; readonly sinceMs: number } | undefined;

  constructor(voterCount: number) {
    this.#voterCount = voterCount;
  }

  get forgetful(): ReadonlySet<number> {
    return this.#forgetful;
  }

  /** May what this replica has be damaged or wiped? If so, it counts as lost from now on. */
  grantLoss(id: number): boolean {
    if (this.#forgetful.size > 0 || this.#removed !== undefined) return false;
    if (!this.#lost.has(id) && 2 * (this.#lost.size + 1) >= this.#voterCount) return false;
    this.#lost.add(id);
    return true;
  }

  /** Which voter an operator has asked to be removed. */
  get removed(): number | undefined {
    return this.#removed?.id;
  }

  /** May an operator take this voter out? */
  grantRemoval(id: number, nowMs: number): boolean {
    if (this.#voterCount < 3 || this.#lost.size > 0 || this.#forgetful.size > 0 || this.#removed !== undefined) return false;
    this.#removed = { id, sinceMs: nowMs };
    return true;
  }

  /** The voter set is whole; a request that is so old is not under way any more. */
  isBack(nowMs: number): void {
    if (this.#removed !== undefined && nowMs - this.#removed.sinceMs > REMOVAL_UNDER_WAY_MS) this.#removed = undefined;
  }

  /** It holds everything that is committed again. */
  caughtUp(id: number): void {
    this.#forgetful.delete(id);
  }

  /**
   * May an old image of this replica's disk be put back? If so, it counts as forgetful from now on.
   *
   * @param others - all other voters.
   */
  grantForgetting(replica: AtlasReplica, others: readonly AtlasReplica[]): boolean {
    if (this.#lost.size > 0 || this.#forgetful.size > 0 || this.#removed !== undefined) return false;
    const mayAskForVote = others.some(({ isUp, epoch, isSettled }) => !isUp || !isSettled || epoch < replica.epoch);
    if (mayAskForVote) return false;
    const checksum = replica.checksumAt(replica.endOffset);
    const holders = others.filter(({ flushedEnd, checksumAt }) => replica.endOffset === 0 || (flushedEnd >= replica.endOffset && checksumAt(replica.endOffset) === checksum));
    if (2 * holders.length <= this.#voterCount) return false;
    this.#forgetful.add(replica.id);
    return true;
  }
}
