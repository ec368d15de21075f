import type { NodeId, Offset } from '@quorate/records';
import { describe, expect, test } from 'vitest';
import { bySuccession, newProgress, recordFetch } from './replica-progress.js';

const progress = (id = 2) => newProgress(id as NodeId, undefined);
const fetch = (offset: number, leaderEnd: number, nowMs: number) => ({ offset: offset as Offset, leaderEnd: leaderEnd as Offset, nowMs });

describe('when a replica was last caught up (KIP-595)', () => {
  test('now, when it has all that we have', () => {
    const replica = progress();
    recordFetch(replica, fetch(10, 10, 500));
    expect(replica).toMatchObject({ endOffset: 10, lastFetchMs: 500, lastCaughtUpMs: 500 });
  });

  test('when it fetched before, if it now has what we had then', () => {
    const replica = progress();
    recordFetch(replica, fetch(5, 10, 500));
    expect(replica.lastCaughtUpMs).toBeUndefined();
    recordFetch(replica, fetch(10, 15, 600));
    expect(replica.lastCaughtUpMs).toBe(500);
  });

  test('no news, when it falls further behind', () => {
    const replica = progress();
    recordFetch(replica, fetch(10, 10, 500));
    recordFetch(replica, fetch(10, 20, 600));
    recordFetch(replica, fetch(12, 30, 700));
    expect(replica.lastCaughtUpMs).toBe(500);
  });
});

test('a replica that has lost data is believed', () => {
  const replica = progress();
  recordFetch(replica, fetch(10, 10, 500));
  recordFetch(replica, fetch(3, 10, 600));
  expect(replica.endOffset).toBe(3);
});

test('successors come furthest first, then by id; whoever repairs its log is none', () => {
  const replicas = [progress(4), progress(3), progress(2), progress(5)];
  replicas.forEach((replica, index) => recordFetch(replica, fetch([7, 9, 7, 9][index] ?? 0, 10, 1)));
  (replicas[3] as (typeof replicas)[number]).recovering = true;

  expect(bySuccession([...replicas, progress(1)]).map((replica) => replica.id)).toEqual([3, 2, 4, 1]);
});
