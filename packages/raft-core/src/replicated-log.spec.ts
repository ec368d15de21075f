import type { Epoch, Offset } from '@quorate/records';
import { expect, test } from 'vitest';
import { RaftInvariantError } from './errors.js';
import { ReplicatedLog } from './replicated-log.js';

const found = (more: object = {}) => ({
  startOffset: 0 as Offset, startEpoch: 0 as Epoch, endOffset: 10 as Offset, generation: 3, epochs: [{ epoch: 2 as Epoch, startOffset: 0 as Offset }], latestSnapshot: undefined, recovering: undefined, ...more,
});
const at = (offset: number) => offset as Offset;

test('the end moves with each append, the flushed offset only with a report', () => {
  const log = new ReplicatedLog(found());
  log.append(4 as Epoch, 5);

  expect(log.end).toEqual({ lastEpoch: 4, endOffset: 15 });
  expect(log.isFlushed).toBe(false);
  expect(log.flushed(at(15), 3)).toBe(true);
  expect(log.isFlushed).toBe(true);
});

test('a flush report of an older generation is ignored', () => {
  const log = new ReplicatedLog(found());
  log.append(4 as Epoch, 5);
  log.truncate(at(10));
  log.append(5 as Epoch, 5);

  expect(log.generation).toBe(4);
  expect(log.flushed(at(15), 3)).toBe(false);
  expect(log.flushedOffset).toBe(10);
  expect(log.flushed(at(15), 4)).toBe(true);
});

test('a report that says nothing new, or less, changes nothing', () => {
  const log = new ReplicatedLog(found());
  expect(log.flushed(at(10), 3)).toBe(false);
  expect(log.flushed(at(7), 3)).toBe(false);
  expect(log.flushedOffset).toBe(10);
});

test('a cut takes the flushed offset along', () => {
  const log = new ReplicatedLog(found());
  log.truncate(at(6));
  expect([log.endOffset, log.flushedOffset, log.isFlushed]).toEqual([6, 6, true]);
});

test('a report beyond the end, and a cut outside the log, are bugs', () => {
  const log = new ReplicatedLog(found());
  expect(() => log.flushed(at(11), 3)).toThrow(RaftInvariantError);
  expect(() => log.truncate(at(11))).toThrow(RaftInvariantError);
});

test('a log that begins later than 0 with no snapshot is refused (KAFKA-14240)', () => {
  expect(() => new ReplicatedLog(found({ startOffset: at(5) }))).toThrow(/KAFKA-14240/);
});
