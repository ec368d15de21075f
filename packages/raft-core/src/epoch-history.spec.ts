import type { Epoch, Offset } from '@quorate/records';
import { describe, expect, test } from 'vitest';
import { EpochHistory } from './epoch-history.js';
import { RaftInvariantError } from './errors.js';

const history = (...starts: [number, number][]) => new EpochHistory(starts.map(([epoch, startOffset]) => ({ epoch: epoch as Epoch, startOffset: startOffset as Offset })));
const endOf = (of: EpochHistory, epoch: number, logEnd: number) => {
  const end = of.endOf(epoch as Epoch, logEnd as Offset);
  return [end.epoch, end.endOffset];
};

describe('where an epoch ends', () => {
  const log = history([2, 0], [4, 10], [5, 15]);

  test.each([
    ['the newest ends with the log', 5, [5, 20]],
    ['an older one ends where the next begins', 2, [2, 10]],
    ['one without records here is answered with the one before it', 3, [2, 10]],
    ['one newer than all is answered with the last, and the log\'s end', 9, [5, 20]],
    ['one older than all ends where the first begins', 1, [1, 0]],
  ])('%s', (_name, epoch, expected) => {
    expect(endOf(log, epoch, 20)).toEqual(expected);
  });

  test('an empty log has epoch 0, which ends at once', () => {
    expect(endOf(history(), 0, 0)).toEqual([0, 0]);
    expect(history().lastEpoch).toBe(0);
  });
});

test('epochs and their starts rise strictly', () => {
  const log = history([2, 0]);

  expect(() => log.assign(1 as Epoch, 5 as Offset)).toThrow(RaftInvariantError);
  expect(() => log.assign(3 as Epoch, 0 as Offset)).toThrow(RaftInvariantError);
  log.assign(2 as Epoch, 7 as Offset);
  expect(log.starts).toEqual([{ epoch: 2, startOffset: 0 }]);
});

test('a cut forgets the epochs that begin at or behind it', () => {
  const log = history([2, 0], [4, 10], [5, 15]);

  log.truncate(15 as Offset);
  expect(log.lastEpoch).toBe(4);
  log.truncate(12 as Offset);
  expect(log.lastEpoch).toBe(4);
  log.truncate(0 as Offset);
  expect(log.starts).toEqual([]);
});
