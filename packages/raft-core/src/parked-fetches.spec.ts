import type { Epoch, Offset } from '@quorate/records';
import { expect, test } from 'vitest';
import { ParkedFetches, type ParkedFetch } from './parked-fetches.js';

const parked = (token: number, deadlineMs: number): ParkedFetch => ({
  token, replicaId: undefined, directoryId: undefined, committedOnly: false, isVoter: false, fetchOffset: token as Offset, lastFetchedEpoch: 0 as Epoch, maxBytes: 1, highWatermark: undefined, deadlineMs,
});

test('gives back what matches, oldest first, and keeps the rest', () => {
  const fetches = new ParkedFetches();
  for (const token of [3, 1, 2]) fetches.add(parked(token, 100));

  expect(fetches.takeWhere(({ token }) => token !== 1).map(({ token }) => token)).toEqual([3, 2]);
  expect(fetches.size).toBe(1);
});

test('gives back what has expired, and then knows the next deadline', () => {
  const fetches = new ParkedFetches();
  fetches.add(parked(1, 100));
  fetches.add(parked(2, 200));

  expect(fetches.takeExpired(99)).toEqual([]);
  expect(fetches.takeExpired(150).map(({ token }) => token)).toEqual([1]);
  expect(fetches.nextDeadlineMs).toBe(200);
});

test('a deadline that no longer stands for anything moves on when it passes', () => {
  const fetches = new ParkedFetches();
  fetches.add(parked(1, 100));
  fetches.add(parked(2, 200));
  fetches.remove(1);

  expect(fetches.nextDeadlineMs).toBe(100);
  expect(fetches.takeExpired(100)).toEqual([]);
  expect(fetches.nextDeadlineMs).toBe(200);
  fetches.remove(2);
  expect(fetches.nextDeadlineMs).toBeUndefined();
});

test('one that is parked alone is due at its own time, not at that of those before it', () => {
  const fetches = new ParkedFetches();
  fetches.add(parked(1, 100));
  fetches.takeWhere(() => true);
  fetches.add(parked(2, 300));

  expect(fetches.nextDeadlineMs).toBe(300);
});
