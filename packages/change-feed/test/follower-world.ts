import { MetadataFollower, type ArrivalPath, type CommittedFetch, type CommittedFetchQuery, type CommittedFetchResult, type FollowerEvent, type FollowerTimers, type SnapshotQuery, type SnapshotResult } from '@quorate/metadata-follower';
import { genesisChecksum, type EncodedBatch, type Epoch, type NodeId, type Offset } from '@quorate/records';
import { NatsFollower } from '../src/nats-follower.js';
import { CLUSTER_ID, EPOCH, KEY } from './feed-world.js';

/** The committed log as the active controller answers for it: at once where there is more, parked where there is not. */
export class FakeLeader implements CommittedFetch {
  readonly log: EncodedBatch[] = [];
  epoch = EPOCH;
  key: Uint8Array = KEY;
  fetches = 0;
  /** Nobody answers while this is false. */
  isReachable = true;
  #parked: { readonly query: CommittedFetchQuery; readonly done: (result: CommittedFetchResult) => void; readonly timer: NodeJS.Timeout } | undefined;

  /** Whether a Fetch waits here, which whatever is committed would answer. */
  get isAsked(): boolean {
    return this.#parked !== undefined;
  }

  commit(batch: EncodedBatch): void {
    this.log.push(batch);
    const parked = this.#parked;
    if (parked === undefined) return;
    this.#parked = undefined;
    clearTimeout(parked.timer);
    this.#answer(parked.query, parked.done);
  }

  fetch(query: CommittedFetchQuery, done: (result: CommittedFetchResult) => void): void {
    this.fetches += 1;
    if (!this.isReachable) return void setImmediate(() => done({ kind: 'unavailable', message: 'nobody leads' }));
    if (query.maxWaitMs === 0 || this.#end > query.fromOffset) return void setImmediate(() => this.#answer(query, done));
    const timer = setTimeout(() => {
      this.#parked = undefined;
      this.#answer(query, done);
    }, query.maxWaitMs);
    this.#parked = { query, done, timer };
  }

  /** Its log begins at 0: nobody is sent to a snapshot. */
  fetchSnapshot(_query: SnapshotQuery, done: (result: SnapshotResult) => void): void {
    setImmediate(() => done({ kind: 'unavailable', message: 'no snapshot was ever made here' }));
  }

  close(): void {
    clearTimeout(this.#parked?.timer);
    this.#parked = undefined;
  }

  get #end(): number {
    return this.log.at(-1)?.endOffset ?? 0;
  }

  #answer({ fromOffset, chainChecksum }: CommittedFetchQuery, done: (result: CommittedFetchResult) => void): void {
    const before = this.log.find(({ endOffset }) => endOffset === fromOffset);
    if (chainChecksum !== undefined && before?.checksum !== chainChecksum) return done({ kind: 'contradiction', message: 'another batch ends there' });
    const batches = this.log.filter(({ baseOffset }) => baseOffset >= fromOffset).slice(0, 20);
    done({ kind: 'batches', batches, highWatermark: this.#end as Offset, leaderId: 1 as NodeId, leaderEpoch: this.epoch as Epoch, feedKey: this.key });
  }
}

/** One deadline at a time, on the real clock. */
class RealTimers implements FollowerTimers {
  #timer: NodeJS.Timeout | undefined;

  nowMs(): number {
    return performance.now();
  }
  arm(atMs: number | undefined, fire: () => void): void {
    clearTimeout(this.#timer);
    if (atMs !== undefined) this.#timer = setTimeout(fire, Math.max(0, Math.ceil(atMs - performance.now())));
  }
}

/** A follower on a real feed, beside a leader that answers for the log; its image is the list of batches applied. */
export class FollowerWorld {
  readonly leader = new FakeLeader();
  readonly events: FollowerEvent[] = [];
  readonly paths: ArrivalPath[] = [];
  readonly problems: string[] = [];
  applied: EncodedBatch[] = [];
  resets = 0;
  failure: Error | undefined;
  readonly follower: MetadataFollower;

  constructor(natsUrl: string) {
    const feed = new NatsFollower({ servers: [natsUrl], name: 'world', clusterId: CLUSTER_ID, recoveryId: undefined, onProblem: (message) => this.problems.push(message) });
    this.follower = new MetadataFollower({
      fetch: this.leader,
      feed,
      image: {
        apply: (batch, path) => {
          this.applied.push(batch);
          this.paths.push(path);
          return batch.endOffset;
        },
        reset: () => {
          this.resets += 1;
          this.applied = [];
        },
        loadBegins: () => {
          throw new Error('a snapshot is loaded that nobody made');
        },
        load: () => undefined,
        loadEnds: () => undefined,
      },
      timers: new RealTimers(),
      genesisChecksum: genesisChecksum(CLUSTER_ID),
      observe: (event) => this.events.push(event),
      failed: (error) => {
        this.failure = error;
      },
    });
    this.follower.start();
  }

  count(kind: FollowerEvent['kind']): number {
    return this.events.filter((event) => event.kind === kind).length;
  }
}
