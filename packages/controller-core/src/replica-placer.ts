import type { NodeId } from '@quorate/records';

/** A broker that new replicas may be placed on. */
export interface UsableBroker {
  readonly id: NodeId;
  readonly rack: string | undefined;
  /** Fenced brokers get replicas where there are too few others, but never the first one. */
  readonly fenced: boolean;
}

/** Brokers by rack, worked out once for many placements. Nothing in it is ever changed. */
export interface PlacementLayout {
  readonly racks: readonly { readonly unfenced: readonly NodeId[]; readonly fenced: readonly NodeId[] }[];
  readonly brokerCount: number;
  readonly unfencedCount: number;
}

/** Racks by name, brokers in them by rising id; brokers without a rack form a rack of their own, the first. */
export function placementLayout(brokers: readonly UsableBroker[]): PlacementLayout {
  const byName = new Map<string | undefined, { unfenced: NodeId[]; fenced: NodeId[] }>();
  for (const { id, rack, fenced } of brokers) {
    const ids = byName.get(rack) ?? { unfenced: [], fenced: [] };
    byName.set(rack, ids);
    (fenced ? ids.fenced : ids.unfenced).push(id);
  }
  const racks = [...byName].sort(([a], [b]) => compareRacks(a, b)).map(([, ids]) => ids);
  for (const { unfenced, fenced } of racks) {
    unfenced.sort((a, b) => a - b);
    fenced.sort((a, b) => a - b);
  }
  return { racks, brokerCount: brokers.length, unfencedCount: brokers.filter((broker) => !broker.fenced).length };
}

/**
 * Places replicas in stripes over racks, so that leaders and followers spread evenly, the replicas of one partition stand
 * in different racks where there are enough, and fenced brokers are used last. Brokers without a rack form one rack of
 * their own. One object places many partitions, each at the next position; the same brokers and random numbers give the
 * same places. Source: KIP-631, Kafka's StripedReplicaPlacer.
 */
export class StripedReplicaPlacer {
  readonly #random: () => number;
  readonly #racks: Rack[];
  readonly #brokerCount: number;
  readonly #unfencedCount: number;
  /** Index of the rack at which the next partition begins. */
  #rackOffset: number;
  /** Number of partitions placed so far: a rack turns its list by one at its first visit for each. */
  #round = 0;
  #placedSinceShuffle = 0;

  constructor({ racks, brokerCount, unfencedCount }: PlacementLayout, random: () => number) {
    this.#random = random;
    this.#racks = racks.map(({ unfenced, fenced }) => ({ unfenced: new BrokerRing(unfenced, random), fenced: new BrokerRing(fenced, random) }));
    this.#brokerCount = brokerCount;
    this.#unfencedCount = unfencedCount;
    this.#rackOffset = randomIndex(racks.length, random);
  }

  /** Why no partition can have that many replicas here (INVALID_REPLICATION_FACTOR), or undefined when it can. */
  refusal(replicationFactor: number): string | undefined {
    if (replicationFactor <= 0) return `Invalid replication factor ${replicationFactor}: the replication factor must be positive.`;
    if (replicationFactor > this.#brokerCount) {
      return `The target replication factor of ${replicationFactor} cannot be reached because only ${this.#brokerCount} broker(s) are registered.`;
    }
    return this.#unfencedCount === 0 ? 'All brokers are currently fenced.' : undefined;
  }

  /**
   * The replicas of the next partition, preferred leader first, which is never a fenced broker.
   *
   * @throws when `refusal` would have said why not.
   */
  place(replicationFactor: number): NodeId[] {
    const refusal = this.refusal(replicationFactor);
    if (refusal !== undefined) throw new Error(refusal);

    this.#shuffleWhenAllStripesAreUsed();
    const start = this.#rackOffset % this.#racks.length;
    const first = this.#firstReplica(start);
    const replicas = [first.id];
    this.#placeFollowers(replicas, { replicationFactor, start, leaderRack: first.rackIndex });
    this.#round++;
    this.#placedSinceShuffle++;
    this.#rackOffset = start + 1;
    return replicas;
  }

  #firstReplica(start: number): { readonly id: NodeId; readonly rackIndex: number } {
    for (let step = 0; step < this.#racks.length; step++) {
      const rackIndex = (start + step) % this.#racks.length;
      const id = this.#racks[rackIndex]!.unfenced.next(this.#round);
      if (id !== undefined) return { id, rackIndex };
    }
    throw new Error('no rack has an unfenced broker, although one was counted');
  }

  /** Round and round the racks from `start`; the leader's rack waits once, it already has a replica. */
  #placeFollowers(replicas: NodeId[], { replicationFactor, start, leaderRack }: FollowerPlan): void {
    let leaderRackWaits = true;
    for (let at = start; replicas.length < replicationFactor; at = (at + 1) % this.#racks.length) {
      if (at === leaderRack && leaderRackWaits) {
        leaderRackWaits = false;
        continue;
      }
      const rack = this.#racks[at]!;
      const id = rack.unfenced.next(this.#round) ?? rack.fenced.next(this.#round);
      if (id !== undefined) replicas.push(id);
    }
  }

  /**
   * After as many partitions as there are unfenced brokers the stripes would repeat, and with them the pairs that share
   * partitions; so the lists are shuffled. A single unfenced broker has nothing to shuffle.
   */
  #shuffleWhenAllStripesAreUsed(): void {
    if (this.#placedSinceShuffle !== this.#unfencedCount || this.#unfencedCount <= 1) return;
    this.#placedSinceShuffle = 0;
    shuffle(this.#racks, this.#random);
    for (const rack of this.#racks) {
      rack.unfenced.shuffle(this.#random);
      rack.fenced.shuffle(this.#random);
    }
  }
}

interface FollowerPlan {
  readonly replicationFactor: number;
  readonly start: number;
  readonly leaderRack: number;
}

interface Rack {
  readonly unfenced: BrokerRing;
  readonly fenced: BrokerRing;
}

/** Brokers of one rack, each given out at most once a round, beginning one further along in each round that it is asked. */
class BrokerRing {
  /** The layout's own list until the first shuffle. */
  #ids: readonly NodeId[];
  #start: number;
  #given = 0;
  #round = -1;

  constructor(ids: readonly NodeId[], random: () => number) {
    this.#ids = ids;
    this.#start = randomIndex(ids.length, random);
  }

  next(round: number): NodeId | undefined {
    if (this.#ids.length === 0) return undefined;
    if (this.#round !== round) {
      this.#round = round;
      this.#given = 0;
      this.#start = (this.#start + 1) % this.#ids.length;
    }
    if (this.#given === this.#ids.length) return undefined;
    return this.#ids[(this.#start + this.#given++) % this.#ids.length];
  }

  shuffle(random: () => number): void {
    const ids = [...this.#ids];
    shuffle(ids, random);
    this.#ids = ids;
  }
}

/** By name; brokers without a rack come first. */
function compareRacks(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return -1;
  return b === undefined || a > b ? 1 : -1;
}

/** Fisher–Yates, in place. */
function shuffle<T>(items: T[], random: () => number): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = randomIndex(last + 1, random);
    [items[last], items[other]] = [items[other]!, items[last]!];
  }
}

function randomIndex(length: number, random: () => number): number {
  return Math.floor(random() * length);
}
