import type { Epoch, Offset } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { feedMac, isFeedMac } from './feed-message.js';

const key = new Uint8Array(32).fill(7);
const fields = { clusterId: 'c', leaderEpoch: 3 as Epoch, baseOffset: 5 as Offset, endOffset: 6 as Offset, body: new Uint8Array([1, 2, 3]) };
const text = feedMac(key, fields).toString('base64url');

describe('the feed MAC', () => {
  it('accepts what was signed with the same key', () => {
    expect(isFeedMac(key, fields, text)).toBe(true);
  });

  it.each([
    ['the cluster', { ...fields, clusterId: 'd' }],
    ['the epoch', { ...fields, leaderEpoch: 4 as Epoch }],
    ['the base offset', { ...fields, baseOffset: 4 as Offset }],
    ['the end offset', { ...fields, endOffset: 7 as Offset }],
    ['the body', { ...fields, body: new Uint8Array([1, 2, 4]) }],
    ['where a field ends', { ...fields, clusterId: 'c\u0001', body: new Uint8Array([2, 3]) }],
  ])('covers %s', (_what, other) => {
    expect(isFeedMac(key, other, text)).toBe(false);
  });

  it('refuses another key, an empty MAC and one of another length', () => {
    expect(isFeedMac(new Uint8Array(32).fill(8), fields, text)).toBe(false);
    expect(isFeedMac(key, fields, '')).toBe(false);
    expect(isFeedMac(key, fields, text.slice(0, 20))).toBe(false);
  });
});
