import type { Offset } from '@quorate/records';
import { expect, test } from 'vitest';
import { KRaftVersionHistory } from './kraft-version-history.js';

const at = (offset: number) => offset as Offset;

test('a level is in force behind its record, and not before it', () => {
  const history = new KRaftVersionHistory(0);
  history.append(at(7), 1);

  expect([history.asOf(at(7)), history.asOf(at(8)), history.latest]).toEqual([0, 1, 1]);
});

test('a level that is cut off was never in force', () => {
  const history = new KRaftVersionHistory(0);
  history.append(at(7), 1);
  history.truncate(at(7));

  expect(history.latest).toBe(0);
});

test('the level that the node began with is never cut off', () => {
  const history = new KRaftVersionHistory(1);
  history.truncate(at(0));

  expect(history.latest).toBe(1);
});

test('the level of an installed snapshot replaces what was known', () => {
  const history = new KRaftVersionHistory(0);
  history.append(at(7), 1);
  history.beginAt(0);

  expect(history.latest).toBe(0);
});
