import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeValue, parseProperties } from './properties.js';

const pairs = (text: string): Record<string, string> => Object.fromEntries(parseProperties(text).entries.map(({ key, value }) => [key, value]));

describe('a properties file', () => {
  it.each<[string, string, Record<string, string>]>([
    ['an equals sign', 'a=b', { a: 'b' }],
    ['blanks around it', '  a = b  ', { a: 'b' }],
    ['a colon', 'a: b', { a: 'b' }],
    ['a blank alone', 'a b c', { a: 'b c' }],
    ['more equals signs in the value', 'a=b=c', { a: 'b=c' }],
    ['no value', 'a=\nb\n', { a: '', b: '' }],
    ['comment lines', '# a=b\n  ! c=d\ne=f', { e: 'f' }],
    ['Windows line ends', 'a=b\r\nc=d\r\n', { a: 'b', c: 'd' }],
    ['a continued line', 'a=b,\\\n   c,\\\n   d\ne=f', { a: 'b,c,d', e: 'f' }],
    ['a comment sign on a continuation', 'a=b,\\\n#c', { a: 'b,#c' }],
    ['an escaped backslash at the end', 'a=b\\\\\nc=d', { a: 'b\\', c: 'd' }],
    ['a continuation that the file does not have', 'a=b\\', { a: 'b' }],
    ['escapes', 'a=\\t1\\n2\\r3\\f4\\\\5\\:6\\q7', { a: '1\n2\r3\f4\\5:6q7' }],
    ['escaped separators in a key', 'a\\=b\\ c\\:d=e', { 'a=b c:d': 'e' }],
    ['a code point by number', 'a=\\u00e4\\u5927', { a: 'ä大' }],
    ['text in any script', 'a=大小 🙂', { a: '大小 🙂' }],
    ['a byte order mark', '\uFEFFa=b', { a: 'b' }],
  ])('reads %s', (_, text, expected) => {
    expect(pairs(text)).toEqual(expected);
  });

  it('keeps the line of each entry, and every entry of a key set twice', () => {
    expect(parseProperties('# one\na=1\nb=2\\\n3\n\na=4').entries).toEqual([
      { key: 'a', value: '1', line: 2 },
      { key: 'b', value: '23', line: 3 },
      { key: 'a', value: '4', line: 6 },
    ]);
  });

  it('takes " # …" behind a value for a comment, in any script and after any blank', () => {
    const { entries, strippedCommentLines } = parseProperties('a=1 # one\nb=2\t# 二\nc=3\u3000#三\nd=4');

    expect(entries.map(({ value }) => value)).toEqual(['1', '2', '3', '4']);
    expect(strippedCommentLines).toEqual([1, 2, 3]);
  });

  it('keeps a # that stands against the value or is escaped', () => {
    const { entries, strippedCommentLines } = parseProperties('a=b#c\nd=e \\#f');

    expect(entries.map(({ value }) => value)).toEqual(['b#c', 'e #f']);
    expect(strippedCommentLines).toEqual([]);
  });

  it.each([
    ['a=\\u12', 'a \\u escape needs four hexadecimal digits'],
    ['a=\\u12g4', 'a \\u escape needs four hexadecimal digits'],
    ['=b', 'there is no key before the separator'],
  ])('names the line of %s', (text, problem) => {
    expect(parseProperties(`x=y\n${text}`).problems).toEqual([{ line: 2, problem }]);
  });

  it('never throws, whatever the text is', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'ab=: \t\\#!u0\n\r') }), (text) => void parseProperties(text)));
  });
});

describe('a value written by a program', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const [entry] = parseProperties(`key=${escapeValue(value)}`, 'keep').entries;

        expect(entry?.value).toBe(value);
      }),
    );
  });
});
