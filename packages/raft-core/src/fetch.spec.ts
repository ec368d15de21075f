import type { Epoch, Offset } from '@quorate/records';
import { describe, expect, test } from 'vitest';
import { EpochHistory } from './epoch-history.js';
import { truncationPoint, validateFetch, type LogPosition } from './fetch.js';

function log(endOffset: number, starts: [number, number][], more: { startOffset?: number; snapshot?: [number, number] } = {}): LogPosition {
  const { startOffset = 0, snapshot } = more;
  return {
    startOffset: startOffset as Offset,
    startEpoch: (startOffset > 0 ? (snapshot?.[1] ?? 0) : 0) as Epoch,
    endOffset: endOffset as Offset,
    epochs: new EpochHistory(starts.map(([epoch, start]) => ({ epoch: epoch as Epoch, startOffset: start as Offset }))),
    latestSnapshot: snapshot === undefined ? undefined : { endOffset: snapshot[0] as Offset, epoch: snapshot[1] as Epoch },
  };
}

const validate = (of: LogPosition, offset: number, lastEpoch: number) => validateFetch(of, offset as Offset, lastEpoch as Epoch);
const diverging = (epoch: number, endOffset: number) => ({ kind: 'diverging', at: { epoch, endOffset } });

describe('the divergence table', () => {
  const leader = log(20, [[1, 0], [3, 8], [4, 15]]);

  test.each([
    ['an empty log', 0, 0, { kind: 'valid' }],
    ['an empty log that names an epoch all the same', 0, 7, { kind: 'valid' }],
    ['the leader\'s own end', 20, 4, { kind: 'valid' }],
    ['inside an epoch', 10, 3, { kind: 'valid' }],
    ['exactly at an epoch\'s end', 15, 3, { kind: 'valid' }],
    ['beyond an epoch\'s end', 16, 3, diverging(3, 15)],
    ['an epoch that the leader never had', 12, 2, diverging(1, 8)],
    ['an epoch newer than all', 20, 9, diverging(4, 20)],
    ['beyond the leader\'s end', 21, 4, diverging(4, 20)],
    ['an epoch older than all, with records', 5, 0, diverging(0, 0)],
  ])('%s: fetch at %j of epoch %j', (_name, offset, epoch, expected) => {
    expect(validate(leader, offset, epoch)).toEqual(expected);
  });
});

describe('with a snapshot', () => {
  const leader = log(20, [[3, 8], [4, 15]], { startOffset: 8, snapshot: [8, 1] });
  const wanted = { kind: 'snapshot', snapshotId: { endOffset: 8, epoch: 1 } };

  test.each([
    ['an empty log gets it rather than the whole log (KAFKA-15078)', 0, 0, wanted],
    ['an offset below the log start', 5, 1, wanted],
    ['the log start with the snapshot\'s epoch', 8, 1, { kind: 'valid' }],
    ['the log start with another epoch', 8, 2, wanted],
    ['an epoch older than the snapshot\'s', 10, 0, wanted],
    ['inside the log', 12, 3, { kind: 'valid' }],
    ['an epoch that the leader never had, newer than the snapshot\'s', 12, 2, diverging(1, 8)],
  ])('%s', (_name, offset, epoch, expected) => {
    const epochs = new EpochHistory([{ epoch: 1 as Epoch, startOffset: 7 as Offset }, ...leader.epochs.starts]);
    expect(validate({ ...leader, epochs }, offset, epoch)).toEqual(expected);
  });
});

describe('with a snapshot, and the log still whole', () => {
  const leader = log(20, [[1, 0], [3, 8], [4, 15]], { snapshot: [16, 4] });
  const wanted = { kind: 'snapshot', snapshotId: { endOffset: 16, epoch: 4 } };

  test.each([
    ['an empty log gets the snapshot', 0, 0, wanted],
    ['a log that stands before the snapshot goes on by the log', 10, 3, { kind: 'valid' }],
    ['an epoch older than the snapshot\'s can still be compared', 12, 1, diverging(1, 8)],
  ])('%s', (_name, offset, epoch, expected) => {
    expect(validate(leader, offset, epoch)).toEqual(expected);
  });
});

describe('where a follower cuts its log', () => {
  const follower = log(20, [[1, 0], [2, 6], [5, 12]]);

  test.each([
    ['the leader\'s epoch ends earlier than ours', [2, 9], 9],
    ['the leader\'s epoch ends later than ours', [2, 14], 12],
    ['the leader names an epoch that we lack', [4, 18], 12],
    ['the leader names epoch 0', [0, 3], 3],
    ['the leader names epoch 0 beyond our end', [0, 33], 20],
  ])('%s: %j', (_name, [epoch, endOffset], expected) => {
    expect(truncationPoint(follower, { epoch: epoch as Epoch, endOffset: endOffset as Offset })).toBe(expected);
  });
});

test('two logs that part come together within as many rounds as there are epochs', () => {
  const leader = log(30, [[1, 0], [4, 5], [6, 20]]);
  let follower = log(25, [[1, 0], [2, 5], [3, 9], [5, 14]]);
  let rounds = 0;

  for (;;) {
    const verdict = validateFetch(leader, follower.endOffset, follower.epochs.lastEpoch);
    if (verdict.kind !== 'diverging') break;
    const endOffset = truncationPoint(follower, verdict.at);
    follower.epochs.truncate(endOffset);
    follower = { ...follower, endOffset };
    rounds += 1;
    expect(rounds).toBeLessThan(5);
  }

  expect(follower.endOffset).toBe(5);
});
