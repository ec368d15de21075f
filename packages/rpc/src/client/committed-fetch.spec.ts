import type { CommittedFetchQuery, CommittedFetchResult, SnapshotResult } from '@quorate/metadata-follower';
import type { FetchResponse, FetchSnapshotResponse } from '@quorate/raft-core';
import type { Epoch, NodeId, Offset } from '@quorate/records';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { fetchResponses, fetchSnapshotResponses } from '../../test/arbitrary-raft.js';
import { batchChain } from '../../test/batches.js';
import { LogController } from '../../test/log-controller.js';
import { until } from '../../test/until.js';
import { GrpcCommittedFetch, resultOf, snapshotResultOf } from './committed-fetch.js';
import { LeaderTracker } from './leader-tracker.js';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

async function controllers(count: number): Promise<LogController[]> {
  const made: LogController[] = [];
  for (let id = 1; id <= count; id++) {
    const controller = await LogController.launch(id);
    cleanUp.push(() => controller.stop());
    made.push(controller);
  }
  return made;
}

function fetcher(of: readonly LogController[]) {
  const tracker = new LeaderTracker({ bootstrapServers: of.map(({ endpoint }) => endpoint), cluster: undefined, problem: () => undefined });
  const problems: string[] = [];
  const fetch = new GrpcCommittedFetch({ tracker, nodeId: 101 as NodeId, problem: (message) => problems.push(message) });
  cleanUp.push(() => tracker.close(), () => fetch.close());
  const results: CommittedFetchResult[] = [];
  const ask = (query: Partial<CommittedFetchQuery> = {}): void =>
    fetch.fetch({ fromOffset: 0 as Offset, lastEpoch: 0 as Epoch, chainChecksum: undefined, maxWaitMs: 500, maxBytes: 1000, ...query }, (result) => results.push(result));
  const result = (n: number): Promise<CommittedFetchResult> => until(`result ${n}`, () => results[n - 1]);
  return { tracker, fetch, ask, results, result, problems };
}

describe('a committed-only Fetch', () => {
  it('asks whoever leads, and says what it answers', async () => {
    const [leader] = (await controllers(1)) as [LogController];
    leader.lead(4);
    const { tracker, ask, result } = fetcher([leader]);
    await until('a leader', () => tracker.leader);
    const batches = batchChain(5, 2);

    ask({ fromOffset: 5 as Offset, lastEpoch: 3 as Epoch, chainChecksum: 77, maxWaitMs: 250, maxBytes: 9999 });
    const asked = await leader.answer(1, { batches, highWatermark: 9 as Offset, feedKey: Uint8Array.of(1, 2) });

    expect(asked).toMatchObject({
      clusterId: 'cluster',
      replica: { id: 101, directoryId: undefined },
      currentLeaderEpoch: 4,
      fetchOffset: 5,
      lastFetchedEpoch: 3,
      chainChecksum: 77,
      maxWaitMs: 250,
      maxBytes: 9999,
      highWatermark: 5,
      committedOnly: true,
      recovering: false,
    });
    expect(await result(1)).toMatchObject({ kind: 'batches', highWatermark: 9, leaderId: 1, leaderEpoch: 4, batches: [{ baseOffset: 5 }, { baseOffset: 6 }] });
  });

  it('asks the next question on the same stream', async () => {
    const [leader] = (await controllers(1)) as [LogController];
    leader.lead(4);
    const { tracker, ask, result } = fetcher([leader]);
    await until('a leader', () => tracker.leader);
    for (let n = 1; n <= 5; n++) {
      ask();
      await leader.answer(n);
      expect(await result(n)).toMatchObject({ kind: 'batches', batches: [] });
    }

    // One watch of the leader, one stream of Fetches.
    expect(leader.server.calls).toBe(2);
  });

  it('names the epoch of what the feed has brought, when that is newer than the leader it knows', async () => {
    const [leader] = (await controllers(1)) as [LogController];
    leader.lead(4);
    const { tracker, ask, result } = fetcher([leader]);
    await until('a leader', () => tracker.leader);

    ask({ lastEpoch: 5 as Epoch });
    const asked = await leader.answer(1, { error: 'UNKNOWN_LEADER_EPOCH' });

    expect(asked).toMatchObject({ currentLeaderEpoch: 5, lastFetchedEpoch: 5 });
    expect(await result(1)).toMatchObject({ kind: 'unavailable' });
  });

  it('that is parked at an old leader is asked of the new one, and answered once', async () => {
    const [old, next] = (await controllers(2)) as [LogController, LogController];
    old.lead(4);
    const { tracker, ask, results, result } = fetcher([old, next]);
    await until('a leader', () => tracker.leader);
    ask({ fromOffset: 7 as Offset });
    await old.nthRequest(1);

    next.lead(5);
    const asked = await next.answer(1, { highWatermark: 8 as Offset });
    await old.answer(1, { highWatermark: 99 as Offset });

    expect(asked).toMatchObject({ fetchOffset: 7, currentLeaderEpoch: 5 });
    expect(await result(1)).toMatchObject({ kind: 'batches', highWatermark: 8, leaderId: 2 });
    await until('the old one to be told', () => old.inbox.cancelled.length === 1);
    expect(results).toHaveLength(1);
  });

  it('says unavailable at once when the leader dies', async () => {
    const [leader] = (await controllers(1)) as [LogController];
    leader.lead(4);
    const { tracker, ask, result } = fetcher([leader]);
    await until('a leader', () => tracker.leader);
    ask({ maxWaitMs: 10_000 });
    await leader.nthRequest(1);

    const deadMs = performance.now();
    await leader.server.stop(0);

    expect(await result(1)).toMatchObject({ kind: 'unavailable' });
    expect(performance.now() - deadMs).toBeLessThan(1000);
  });

  it('waits a moment for a leader, and asks it when it is there', async () => {
    const [leader] = (await controllers(1)) as [LogController];
    const { ask, result } = fetcher([leader]);
    ask();

    leader.lead(4);

    await leader.answer(1);
    expect(await result(1)).toMatchObject({ kind: 'batches' });
  });

  it('says unavailable when nobody leads for that moment', async () => {
    const [leader] = (await controllers(1)) as [LogController];
    const { ask, result } = fetcher([leader]);

    ask();

    expect(await result(1)).toEqual({ kind: 'unavailable', message: 'no active controller can be reached' });
  });

  it('gives up a leader that says nothing, and asks anew on another stream', async () => {
    const [leader] = (await controllers(1)) as [LogController];
    leader.lead(4);
    const { tracker, ask, result } = fetcher([leader]);
    await until('a leader', () => tracker.leader);
    ask({ maxWaitMs: 0 });
    await leader.nthRequest(1);

    expect(await result(1)).toEqual({ kind: 'unavailable', message: 'node 1 does not answer' });
    ask();
    await leader.answer(1);
    await leader.answer(2, { highWatermark: 3 as Offset });

    expect(await result(2)).toMatchObject({ kind: 'batches', highWatermark: 3 });
  });

  it('tells of a damaged batch, and hands on those before it', async () => {
    const [leader] = (await controllers(1)) as [LogController];
    leader.lead(4);
    const { tracker, ask, result, problems } = fetcher([leader]);
    await until('a leader', () => tracker.leader);
    const [first, second] = batchChain(0, 2);
    const damaged = { ...second!, bytes: Uint8Array.from(second!.bytes) };
    damaged.bytes[9]! ^= 0x80;
    ask();

    await leader.answer(1, { batches: [first!, damaged] });

    expect(await result(1)).toMatchObject({ batches: [{ baseOffset: 0 }] });
    expect(problems).toEqual([expect.stringContaining('a batch in a Fetch answer was dropped')]);
  });

  it('is forgotten when it is closed', async () => {
    const [leader] = (await controllers(1)) as [LogController];
    leader.lead(4);
    const { tracker, fetch, ask, results } = fetcher([leader]);
    await until('a leader', () => tracker.leader);
    ask();
    await leader.nthRequest(1);

    fetch.close();

    await until('the leader to be told', () => leader.inbox.cancelled.length === 1);
    expect(results).toEqual([]);
  });
});

describe('a FetchSnapshot', () => {
  const sample = fc.sample(fetchSnapshotResponses, { numRuns: 1, seed: 5 })[0]!;
  const id = { endOffset: 50 as Offset, epoch: 3 as Epoch };
  const bytes = Uint8Array.from({ length: 100 }, (_, n) => n);
  const piece = (change: Partial<FetchSnapshotResponse> = {}): FetchSnapshotResponse => ({ ...sample, error: 'NONE', snapshotId: id, position: 0, size: 100, bytes, leaderId: 1 as NodeId, leaderEpoch: 4 as Epoch, ...change });

  it('asks whoever leads for the bytes, on a stream of its own', async () => {
    const [leader] = (await controllers(1)) as [LogController];
    leader.lead(4);
    const { tracker, fetch, ask, result } = fetcher([leader]);
    await until('a leader', () => tracker.leader);
    ask();
    await leader.answer(1, { snapshotId: id });
    expect(await result(1)).toMatchObject({ kind: 'snapshot', id });
    const pieces: SnapshotResult[] = [];

    fetch.fetchSnapshot({ id, position: 0, maxBytes: 60 }, (got) => pieces.push(got));
    const asked = await leader.nthRequest(2);
    leader.transport.reply(asked.token, piece({ bytes: bytes.subarray(0, 60) }));
    await until('a piece', () => pieces.length === 1);
    ask({ fromOffset: 5 as Offset });
    await leader.answer(3);
    await result(2);

    expect(asked.request).toMatchObject({ kind: 'fetchSnapshot', clusterId: 'cluster', replica: { id: 101 }, currentLeaderEpoch: 4, snapshotId: id, position: 0, maxBytes: 60 });
    expect(pieces).toMatchObject([{ kind: 'piece', size: 100, leaderId: 1, leaderEpoch: 4 }]);
    // One watch of the leader, one stream of Fetches, one of FetchSnapshots.
    expect(leader.server.calls).toBe(3);
  });

  it('that waits at an old leader is asked of the new one', async () => {
    const [old, next] = (await controllers(2)) as [LogController, LogController];
    old.lead(4);
    const { tracker, fetch } = fetcher([old, next]);
    await until('a leader', () => tracker.leader);
    const pieces: SnapshotResult[] = [];
    fetch.fetchSnapshot({ id, position: 60, maxBytes: 60 }, (got) => pieces.push(got));
    await old.nthRequest(1);

    next.lead(5);
    const { token, request } = await next.nthRequest(1);
    next.transport.reply(token, piece({ position: 60, bytes: bytes.subarray(60), leaderId: 2 as NodeId, leaderEpoch: 5 as Epoch }));

    await until('a piece', () => pieces.length === 1);
    expect(request).toMatchObject({ position: 60, currentLeaderEpoch: 5 });
    expect(pieces).toMatchObject([{ kind: 'piece', leaderId: 2, leaderEpoch: 5 }]);
  });

  it('says unavailable when the leader dies', async () => {
    const [leader] = (await controllers(1)) as [LogController];
    leader.lead(4);
    const { tracker, fetch } = fetcher([leader]);
    await until('a leader', () => tracker.leader);
    const pieces: SnapshotResult[] = [];
    fetch.fetchSnapshot({ id, position: 0, maxBytes: 60 }, (got) => pieces.push(got));
    await leader.nthRequest(1);

    await leader.server.stop(0);

    await until('an answer', () => pieces.length === 1);
    expect(pieces).toMatchObject([{ kind: 'unavailable' }]);
  });

  it.each<[string, Partial<FetchSnapshotResponse>, SnapshotResult['kind']]>([
    ['nothing wrong', {}, 'piece'],
    ['no such snapshot', { error: 'SNAPSHOT_NOT_FOUND' }, 'gone'],
    ['a shorter one', { error: 'POSITION_OUT_OF_RANGE' }, 'gone'],
    ['another snapshot', { snapshotId: { ...id, endOffset: 51 as Offset } }, 'gone'],
    ['another place', { position: 1 }, 'gone'],
    ['another cluster', { error: 'INCONSISTENT_CLUSTER_ID' }, 'refused'],
    ['no longer the leader', { error: 'NOT_LEADER_OR_FOLLOWER' }, 'unavailable'],
    ['a newer epoch', { error: 'FENCED_LEADER_EPOCH' }, 'unavailable'],
  ])('takes %s for what it is', (_what, change, kind) => {
    expect(snapshotResultOf(piece(change), { id, position: 0 }).kind).toBe(kind);
  });
});

describe('what an answer means', () => {
  const sample = fc.sample(fetchResponses, { numRuns: 1, seed: 5 })[0]!;
  const answer = (change: Partial<FetchResponse>): FetchResponse => ({ ...sample, error: 'NONE', diverging: undefined, snapshotId: undefined, ...change });

  it.each<[string, Partial<FetchResponse>, CommittedFetchResult['kind']]>([
    ['nothing wrong', {}, 'batches'],
    ['CHAIN_MISMATCH', { error: 'CHAIN_MISMATCH' }, 'contradiction'],
    ['a log that diverges', { diverging: { epoch: 2 as Epoch, endOffset: 5 as Offset } }, 'contradiction'],
    ['another cluster', { error: 'INCONSISTENT_CLUSTER_ID' }, 'refused'],
    ['another life of the cluster', { error: 'INCONSISTENT_RECOVERY_ID' }, 'refused'],
    ['a request that it does not take', { error: 'INVALID_REQUEST' }, 'refused'],
    ['a version that it does not speak', { error: 'UNSUPPORTED_VERSION' }, 'refused'],
    ['no longer the leader', { error: 'NOT_LEADER_OR_FOLLOWER' }, 'unavailable'],
    ['a newer epoch', { error: 'FENCED_LEADER_EPOCH' }, 'unavailable'],
    ['an older epoch', { error: 'UNKNOWN_LEADER_EPOCH' }, 'unavailable'],
    ['starting', { error: 'BROKER_NOT_AVAILABLE' }, 'unavailable'],
    ['a bug', { error: 'UNKNOWN_SERVER_ERROR' }, 'unavailable'],
    ['only a snapshot', { snapshotId: { epoch: 2 as Epoch, endOffset: 5 as Offset } }, 'snapshot'],
  ])('%s', (_what, change, kind) => {
    expect(resultOf(answer(change)).kind).toBe(kind);
  });
});
