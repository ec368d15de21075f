import type { EncodedBatch, Epoch, NodeId, Offset } from '@quorate/records';
import { beforeEach, describe, expect, it } from 'vitest';
import { MetadataFollower, type FollowerEvent } from './metadata-follower.js';
import { feature, snapshotBytes } from '../test/snapshot-bytes.js';
import type { CommittedFetchQuery, CommittedFetchResult, FeedReceiver, SnapshotQuery, SnapshotResult } from './ports.js';

const GENESIS = 100;
/** A log of one-record batches: batch n ends at n + 1 with checksum 101 + n. */
const batchAt = (n: number, checksum = 101 + n): EncodedBatch => ({
  baseOffset: n as Offset,
  endOffset: (n + 1) as Offset,
  epoch: 1 as Epoch,
  appendTimeMs: 0,
  isControl: false,
  recordCount: 1,
  checksum,
  previousChecksum: n === 0 ? GENESIS : 100 + n,
  bytes: new Uint8Array(0),
});

class World {
  nowMs = 0;
  alarm: { atMs: number; fire: () => void } | undefined;
  pending: { query: CommittedFetchQuery; done: (result: CommittedFetchResult) => void } | undefined;
  piece: { query: SnapshotQuery; done: (result: SnapshotResult) => void } | undefined;
  loaded: string[] = [];
  refuseLoad: Error | undefined;
  fetchCount = 0;
  receiver: FeedReceiver | undefined;
  applied: number[] = [];
  paths: string[] = [];
  resets = 0;
  events: FollowerEvent[] = [];
  failure: Error | undefined;
  poison: number | undefined;
  readonly follower: MetadataFollower;

  constructor() {
    this.follower = new MetadataFollower({
      fetch: {
        fetch: (query, done) => {
          expect(this.pending).toBeUndefined();
          this.fetchCount += 1;
          this.pending = { query, done };
        },
        fetchSnapshot: (query, done) => {
          expect([this.pending, this.piece]).toEqual([undefined, undefined]);
          this.piece = { query, done };
        },
        close: () => undefined,
      },
      feed: {
        open: (receiver) => {
          this.receiver = receiver;
        },
        setKey: () => undefined,
        close: () => undefined,
      },
      image: {
        apply: (batch, path) => {
          if (batch.baseOffset === this.poison) throw new Error('no such topic');
          this.applied.push(batch.baseOffset);
          this.paths.push(path);
          return batch.endOffset;
        },
        reset: () => {
          this.resets += 1;
          this.applied = [];
        },
        loadBegins: ({ endOffset }) => this.loaded.push(`begins ${endOffset}`),
        load: (batches) => this.loaded.push(...batches.map(({ recordCount }) => `${recordCount} records`)),
        loadEnds: () => {
          if (this.refuseLoad !== undefined) throw this.refuseLoad;
          this.loaded.push('ends');
        },
      },
      timers: {
        nowMs: () => this.nowMs,
        arm: (atMs, fire) => {
          this.alarm = atMs === undefined ? undefined : { atMs, fire };
        },
      },
      genesisChecksum: GENESIS,
      observe: (event) => this.events.push(event),
      failed: (error) => {
        this.failure = error;
      },
    });
    this.follower.start();
  }

  answer(batches: readonly EncodedBatch[], highWatermark = batches.at(-1)?.endOffset ?? 0): void {
    this.finish({ kind: 'batches', batches, highWatermark: highWatermark as Offset, leaderId: 1 as NodeId, leaderEpoch: 1 as Epoch, feedKey: undefined });
  }

  finish(result: CommittedFetchResult): void {
    const pending = this.pending;
    if (pending === undefined) throw new Error('no fetch is under way');
    this.pending = undefined;
    pending.done(result);
  }

  onlySnapshot(endOffset: number, leaderId = 1): void {
    this.finish({ kind: 'snapshot', id: { endOffset: endOffset as Offset, epoch: 2 as Epoch }, leaderId: leaderId as NodeId, leaderEpoch: 3 as Epoch });
  }

  /** Answers the next piece with these bytes of the snapshot. */
  givePiece(bytes: Uint8Array, to: number, from: { leaderId?: number; leaderEpoch?: number } = {}): void {
    const { query } = this.piece!;
    this.finishPiece({ kind: 'piece', bytes: bytes.subarray(query.position, to), size: bytes.length, leaderId: (from.leaderId ?? 1) as NodeId, leaderEpoch: (from.leaderEpoch ?? 3) as Epoch });
  }

  finishPiece(result: SnapshotResult): void {
    const piece = this.piece;
    if (piece === undefined) throw new Error('no piece of a snapshot is under way');
    this.piece = undefined;
    piece.done(result);
  }

  advance(byMs: number): void {
    const untilMs = this.nowMs + byMs;
    for (let turns = 0; this.alarm !== undefined && this.alarm.atMs <= untilMs; turns += 1) {
      if (turns > 100) throw new Error('the alarm does not move on');
      this.nowMs = Math.max(this.nowMs, this.alarm.atMs);
      const { fire } = this.alarm;
      this.alarm = undefined;
      fire();
    }
    this.nowMs = untilMs;
  }
}

let world: World;
beforeEach(() => {
  world = new World();
});

describe('MetadataFollower', () => {
  it('reads the log from offset 0 over Fetch and parks its next one', () => {
    expect(world.pending?.query).toMatchObject({ fromOffset: 0, chainChecksum: undefined, maxWaitMs: 500 });

    world.answer([batchAt(0), batchAt(1)]);

    expect(world.applied).toEqual([0, 1]);
    expect(world.follower.status()).toMatchObject({ appliedOffset: 2, leaderId: 1, leaderEpoch: 1, path: 'fetch', caughtUp: true });
    expect(world.pending?.query).toMatchObject({ fromOffset: 2, chainChecksum: 102, maxWaitMs: 500 });
  });

  it('applies a batch of the feed that continues, and no longer parks its Fetches', () => {
    world.answer([batchAt(0)]);
    world.receiver?.connected(true);

    world.receiver?.batch(batchAt(1));
    world.answer([batchAt(1)]);

    expect(world.applied).toEqual([0, 1]);
    expect(world.paths).toEqual(['fetch', 'feed']);
    expect(world.follower.status().path).toBe('feed');
    expect(world.pending?.query.maxWaitMs).toBe(0);
    world.answer([]);
    expect(world.pending).toBeUndefined();
  });

  it('fills a gap over Fetch and drops the batch that showed it', () => {
    world.answer([batchAt(0)]);
    world.answer([]);
    world.answer([]);
    world.receiver?.batch(batchAt(3));

    expect(world.applied).toEqual([0]);
    world.answer([batchAt(1), batchAt(2), batchAt(3)]);
    expect(world.applied).toEqual([0, 1, 2, 3]);
  });

  it('applies nothing twice when the feed repeats and reorders', () => {
    world.answer([batchAt(0)]);
    for (const n of [1, 1, 0, 2, 1, 2]) world.receiver?.batch(batchAt(n));

    expect(world.applied).toEqual([0, 1, 2]);
    expect(world.resets).toBe(0);
  });

  it('parks one Fetch at the leader however many forged messages the feed brings', () => {
    world.answer([batchAt(0)]);
    world.receiver?.batch(batchAt(1));
    world.answer([]);
    expect(world.pending).toBeUndefined();
    const before = world.fetchCount;

    for (let n = 0; n < 100; n++) world.receiver?.dropped('wrong-mac');

    expect(world.fetchCount - before).toBe(1);
    expect(world.pending?.query.maxWaitMs).toBe(500);
  });

  it('is not caught up while it reads the log anew', () => {
    world.answer([batchAt(0), batchAt(1)]);
    world.receiver?.batch(batchAt(1, 999));
    expect(world.follower.status().caughtUp).toBe(false);

    world.answer([]);
    world.answer([batchAt(0)], 2);
    expect(world.follower.status().caughtUp).toBe(false);
    world.answer([batchAt(1)]);
    expect(world.follower.status().caughtUp).toBe(true);
  });

  it('starts over when a true batch contradicts an applied one, and ignores the answer to the Fetch of its old life', () => {
    world.answer([batchAt(0), batchAt(1)]);

    world.receiver?.batch(batchAt(1, 999));
    expect(world.resets).toBe(1);
    world.answer([batchAt(2)]);

    expect(world.applied).toEqual([]);
    expect(world.pending?.query.fromOffset).toBe(0);
    world.answer([batchAt(0), batchAt(1), batchAt(2)]);
    expect(world.applied).toEqual([0, 1, 2]);
  });

  it('looks at the log over Fetch every half second while the feed is in use: a lost last message has no successor', () => {
    world.answer([batchAt(0)]);
    world.receiver?.batch(batchAt(1));
    world.answer([]);
    expect(world.pending).toBeUndefined();

    world.advance(500);
    expect(world.pending?.query.fromOffset).toBe(2);
    world.answer([batchAt(2)]);

    expect(world.applied).toEqual([0, 1, 2]);
    expect(world.pending?.query.maxWaitMs).toBe(500);
  });

  it('fetches at once when a read has waited 5 ms for an offset, and answers it when the offset is applied', () => {
    world.answer([batchAt(0)]);
    world.receiver?.batch(batchAt(1));
    world.answer([]);
    const outcomes: string[] = [];

    world.follower.waitFor(3 as Offset, 1000, (outcome) => outcomes.push(`${outcome.kind} at ${outcome.offset}`));
    expect(world.pending).toBeUndefined();
    world.advance(5);
    expect(world.pending?.query).toMatchObject({ fromOffset: 2, maxWaitMs: 500 });
    world.answer([batchAt(2)]);

    expect(outcomes).toEqual(['reached at 3']);
  });

  it('tells a read that its deadline has passed', () => {
    world.answer([batchAt(0)]);
    const outcomes: string[] = [];

    world.follower.waitFor(9 as Offset, 50, (outcome) => outcomes.push(`${outcome.kind} at ${outcome.offset}`));
    world.advance(60);

    expect(outcomes).toEqual(['timed-out at 1']);
  });

  it('waits longer after each failed Fetch, up to half a second, however many reads wait', () => {
    world.follower.waitFor(9 as Offset, 100_000, () => undefined);
    const before = world.fetchCount;
    for (let elapsed = 0; elapsed < 5000; elapsed += 10) {
      if (world.pending !== undefined) world.finish({ kind: 'unavailable', message: 'nobody leads' });
      world.advance(10);
    }

    expect(world.fetchCount - before).toBeGreaterThan(8);
    expect(world.fetchCount - before).toBeLessThan(20);
  });

  it('stops and says so when a committed batch cannot be applied', () => {
    world.poison = 1;
    world.answer([batchAt(0), batchAt(1), batchAt(2)]);

    expect(world.failure?.message).toContain('offset 1');
    expect(world.applied).toEqual([0]);
  });

  it('fetches when a heartbeat speaks of a higher high watermark', () => {
    world.answer([batchAt(0)]);
    world.receiver?.batch(batchAt(1));
    world.answer([]);

    world.follower.heardHighWatermark(3 as Offset);

    expect(world.pending?.query.fromOffset).toBe(2);
  });
});

describe('a MetadataFollower below the log start', () => {
  /** Ends at offset 10 with the checksum that batch 10 chains to. */
  const bytes = snapshotBytes({ genesisChecksum: GENESIS, chainChecksum: 110, batches: [[feature('a'), feature('b')], [feature('c')]] });
  const kinds = (): string[] => world.events.map(({ kind }) => kind).filter((kind) => kind.startsWith('snapshot'));

  it('fetches the snapshot piece by piece, loads it, and goes on from its end', () => {
    world.onlySnapshot(10);
    expect(world.piece?.query).toMatchObject({ id: { endOffset: 10, epoch: 2 }, position: 0 });
    world.givePiece(bytes, 100);
    expect(world.piece?.query.position).toBe(100);
    world.givePiece(bytes, bytes.length);

    expect(world.loaded).toEqual(['begins 10', '2 records', '1 records', 'ends']);
    expect(world.follower.status()).toMatchObject({ appliedOffset: 10, lastEpoch: 2, leaderId: 1, leaderEpoch: 3 });
    expect(world.pending?.query).toMatchObject({ fromOffset: 10, lastEpoch: 2, chainChecksum: 110 });
    world.answer([batchAt(10), batchAt(11)]);
    expect(world.applied).toEqual([10, 11]);
    expect(kinds()).toEqual(['snapshotBegun', 'snapshotLoaded']);
  });

  it('answers a read that waited for an offset within the snapshot', () => {
    const outcomes: string[] = [];
    world.follower.waitFor(7 as Offset, 100_000, (outcome) => outcomes.push(`${outcome.kind} at ${outcome.offset}`));
    world.onlySnapshot(10);
    world.advance(50);
    world.givePiece(bytes, bytes.length);

    expect(outcomes).toEqual(['reached at 10']);
  });

  it('never goes back to a snapshot that ends before what the feed has brought since it asked', () => {
    for (const n of [0, 1, 2]) world.receiver?.batch(batchAt(n));
    world.onlySnapshot(2);

    expect(world.loaded).toEqual([]);
    expect(world.piece).toBeUndefined();
    expect(world.pending?.query.fromOffset).toBe(3);
  });

  it('takes no notice of the feed meanwhile, and of old batches on it afterwards', () => {
    world.onlySnapshot(10);
    for (const n of [3, 9, 10, 11]) world.receiver?.batch(batchAt(n));
    world.receiver?.connected(true);
    world.follower.heardHighWatermark(50 as Offset);
    world.givePiece(bytes, bytes.length);
    for (const n of [3, 9]) world.receiver?.batch(batchAt(n));
    world.receiver?.batch(batchAt(10));

    expect(world.resets).toBe(0);
    expect(world.applied).toEqual([10]);
  });

  it('asks for the same piece again when nobody can be asked', () => {
    world.onlySnapshot(10);
    world.givePiece(bytes, 100);
    world.finishPiece({ kind: 'unavailable', message: 'nobody leads' });
    expect(world.piece).toBeUndefined();

    world.advance(20);
    expect(world.piece?.query.position).toBe(100);
    world.givePiece(bytes, bytes.length);

    expect(world.loaded.at(-1)).toBe('ends');
  });

  it.each([
    ['another node leads', { leaderId: 2 }],
    ['the same node leads another epoch', { leaderEpoch: 4 }],
  ])('begins anew with a Fetch when %s: its snapshot may have other bytes', (_when, from) => {
    world.onlySnapshot(10);
    world.givePiece(bytes, 100);
    world.givePiece(bytes, 200, from);

    expect(world.pending?.query.fromOffset).toBe(0);
    world.onlySnapshot(10, 2);
    expect(world.piece?.query.position).toBe(0);
    world.givePiece(bytes, bytes.length, from);
    expect(world.loaded.slice(-4)).toEqual(['begins 10', '2 records', '1 records', 'ends']);
    expect(kinds()).toEqual(['snapshotBegun', 'snapshotAbandoned', 'snapshotBegun', 'snapshotLoaded']);
  });

  it('has caught up when the log behind the snapshot is applied, and not before', () => {
    world.onlySnapshot(10);
    world.givePiece(bytes, bytes.length);
    expect(world.follower.status()).toMatchObject({ caughtUp: false, appliedOffset: 10, highWatermark: 10 });

    world.answer([batchAt(10)], 12);
    expect(world.follower.status().caughtUp).toBe(false);
    world.answer([batchAt(11)], 12);
    expect(world.follower.status().caughtUp).toBe(true);
  });

  it('waits before it asks again when the leader names a snapshot that it does not have', () => {
    for (let n = 0; n < 3; n++) {
      world.onlySnapshot(10);
      world.finishPiece({ kind: 'gone', message: 'no such snapshot' });
      expect(world.pending).toBeUndefined();
      world.advance(500);
    }
    expect(world.pending?.query.fromOffset).toBe(0);
  });

  it('asks with a Fetch what there is when the snapshot has gone away', () => {
    world.onlySnapshot(10);
    world.givePiece(bytes, 100);
    world.finishPiece({ kind: 'gone', message: 'deleted' });

    expect(world.pending?.query.fromOffset).toBe(0);
    world.onlySnapshot(20);
    expect(world.piece?.query).toMatchObject({ id: { endOffset: 20 }, position: 0 });
  });

  it('drops a damaged snapshot and tries again later, with what it had served until then', () => {
    world.answer([batchAt(0)]);
    const rotten = Uint8Array.from(bytes);
    rotten[120]! ^= 1;
    world.onlySnapshot(10);
    world.givePiece(rotten, bytes.length);

    expect(world.follower.status().appliedOffset).toBe(1);
    expect(world.pending).toBeUndefined();
    world.advance(20);
    expect(world.pending?.query.fromOffset).toBe(1);
    expect(world.events.at(-1)).toMatchObject({ kind: 'snapshotAbandoned', reason: expect.stringContaining('is damaged') });
  });

  it('stops and says so when the image is not what the snapshot was made from', () => {
    world.refuseLoad = new Error('another digest');
    world.onlySnapshot(10);
    world.givePiece(bytes, bytes.length);

    expect(world.failure?.message).toBe('the snapshot that ends at offset 10 (epoch 2) cannot be loaded');
    expect(world.failure?.cause).toBe(world.refuseLoad);
  });

  it('tells nothing more once it is closed', () => {
    world.onlySnapshot(10);
    world.follower.close();
    world.givePiece(bytes, bytes.length);

    expect(world.loaded).toEqual([]);
  });
});
