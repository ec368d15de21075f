import { crc32c } from '@quorate/records';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RpcFailure } from '../rpc-failure.js';
import { keyAfter, pageOf, pageSize, pageToken } from './paging.js';

const refused = expect.objectContaining({ reason: 'INVALID_REQUEST', fields: [expect.objectContaining({ field: 'page_token' })] });

/** What keyAfter says, or the failure it throws. */
function read(list: string, token: string): unknown {
  try {
    return keyAfter(list, token);
  } catch (error) {
    return error;
  }
}

describe('page tokens', () => {
  it('say where the next page begins, for any key', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (list, key) => {
        expect(keyAfter(list, pageToken(list, key))).toBe(key);
      }),
    );
  });

  it('of no text mean the first page', () => {
    expect(keyAfter('topics ', '')).toBeUndefined();
  });

  it('are refused by another list, or by the same with another prefix', () => {
    expect(read('brokers', pageToken('topics ', 'a'))).toEqual(refused);
    expect(read('topics b', pageToken('topics a', 'ab'))).toEqual(refused);
  });

  it('are refused when one character is changed, added or taken away', () => {
    const token = pageToken('topics ', 'orders');
    const letter = fc.constantFrom(...'ABCXYZabcxyz0189-_!= .\u00e9');
    fc.assert(
      fc.property(fc.nat({ max: token.length }), fc.constantFrom(0, 1), letter, (at, taken, put) => {
        const changed = token.substring(0, at) + put + token.substring(at + taken);
        fc.pre(changed !== token);
        expect(read('topics ', changed), changed).toEqual(refused);
      }),
      { numRuns: 500 },
    );
    for (let length = 1; length < token.length; length++) expect(read('topics ', token.substring(0, length))).toEqual(refused);
  });

  it('are refused when they are made up, also by somebody who knows the checksum', () => {
    const made = (text: string): string => {
      const body = Buffer.from(text);
      const sum = Buffer.alloc(4);
      sum.writeUInt32BE(crc32c(body));
      return Buffer.concat([sum, body]).toString('base64url');
    };
    expect(keyAfter('topics ', made('["topics ","a"]'))).toBe('a');

    for (const text of ['not json', '7', 'null', '"topics "', '[]', '["topics "]', '["topics ",7]', '["topics ",null]', '{"0":"topics "}']) {
      expect(read('topics ', made(text)), text).toEqual(refused);
    }
    expect(read('topics ', 'x')).toEqual(refused);
  });
});

describe('page sizes', () => {
  it('are the usual one where none is named, and never above the largest', () => {
    expect([0, 1, 10_000, 10_001, 2 ** 31 - 1].map((size) => pageSize(size))).toEqual([1000, 1, 10_000, 10_000, 10_000]);
    expect(pageSize(0, { defaultSize: 5, largestSize: 9 })).toBe(5);
  });

  it('below 0 are refused', () => {
    expect(() => pageSize(-1)).toThrow(RpcFailure);
    expect(() => pageSize(-1)).toThrow('page_size must be 0 or more, got -1');
  });
});

describe('pages', () => {
  it('of any size give every item once, in order', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { maxLength: 40 }), fc.integer({ min: 1, max: 9 }), (keys, size) => {
        const sorted = [...keys].sort();
        const seen: string[] = [];
        let token = '';
        do {
          const after = keyAfter('list', token);
          const page = pageOf('list', sorted, (key) => key, { start: after === undefined ? 0 : sorted.indexOf(after) + 1, end: sorted.length, size });
          seen.push(...page.items);
          token = page.nextPageToken;
        } while (token !== '');
        expect(seen).toEqual(sorted);
      }),
    );
  });
});
