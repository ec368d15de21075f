import type { Epoch, Offset } from '@quorate/records';
import { expect, test } from 'vitest';
import { nextCleaningStep } from './retention.js';

const snapshot = (endOffset: number, sizeBytes: number, lastContainedTimestampMs: number) => ({
  id: { endOffset: endOffset as Offset, epoch: 1 as Epoch }, sizeBytes, lastContainedTimestampMs, chainChecksum: 0,
});
const THREE = [snapshot(10, 100, 1000), snapshot(20, 100, 2000), snapshot(30, 100, 3000)];
const kept = (more: object = {}) => ({ snapshots: THREE, logStartOffset: 10 as Offset, logBytes: 500, ...more });
const LIMITLESS = { maxBytes: undefined, maxMs: undefined };

test('log and snapshots together above the size limit: the log begins at the second oldest snapshot', () => {
  expect(nextCleaningStep(kept(), { ...LIMITLESS, maxBytes: 799 }, 0)).toEqual({ startOffset: 20, reason: 'size' });
});

test('at the size limit everything stays', () => {
  expect(nextCleaningStep(kept(), { ...LIMITLESS, maxBytes: 800 }, 0)).toBeUndefined();
});

test('the oldest snapshot goes when it is older than allowed, however small everything is', () => {
  expect(nextCleaningStep(kept(), { maxBytes: 800, maxMs: 500 }, 1501)).toEqual({ startOffset: 20, reason: 'age' });
  expect(nextCleaningStep(kept(), { maxBytes: 800, maxMs: 500 }, 1500)).toBeUndefined();
});

test('size is looked at before age', () => {
  expect(nextCleaningStep(kept(), { maxBytes: 0, maxMs: 0 }, 9999)?.reason).toBe('size');
});

test('the newest snapshot stays, whatever its size and age', () => {
  expect(nextCleaningStep(kept({ snapshots: THREE.slice(2) }), { maxBytes: 0, maxMs: 0 }, 1e12)).toBeUndefined();
});

test('without snapshots nothing goes', () => {
  expect(nextCleaningStep(kept({ snapshots: [] }), { maxBytes: 0, maxMs: 0 }, 1e12)).toBeUndefined();
});

test('the first cleaning ever drops the log before the second snapshot', () => {
  expect(nextCleaningStep(kept({ logStartOffset: 0 as Offset }), { ...LIMITLESS, maxBytes: 1 }, 0)).toEqual({ startOffset: 20, reason: 'size' });
});

test('a step that would not move the log start is none', () => {
  expect(nextCleaningStep(kept({ logStartOffset: 20 as Offset }), { ...LIMITLESS, maxBytes: 1 }, 0)).toBeUndefined();
});

test('without limits nothing goes', () => {
  expect(nextCleaningStep(kept(), LIMITLESS, 1e12)).toBeUndefined();
});
