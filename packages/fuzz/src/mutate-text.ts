import { utf8Decode, utf8Encode } from '@quorate/records';
import type { Random } from './random.js';

/** What people and broken programs put into text files, and what parsers trip over. */
const PIECES = [
  '', ' ', '\t', '\n', '\r', '\r\n', '\u0000', '\uFEFF', '\u3000', '\\', '\\\\', '\\u', '\\u12', '\\uD800', '=', ':', '#', ' #', '!', ',', ',,', '@', '[', ']', '[::1]', '::', '"', "'",
  '{', '}', '{}', '[]', 'null', 'true', '{"toString":1,"valueOf":1}', '__proto__', 'constructor', '-', '--', '-1', '0', '00', '1e400', '1e9', '0x10', 'NaN', 'Infinity', '2147483647',
  '2147483648', '4294967296', '9007199254740991', '9007199254740992', '99999999999999999999', '%', '\u{1F4A9}', 'AAAAAAAAAAAAAAAAAAAAAA', 'é', '/', '//', '://', '..', '~',
];

/** One change to a text. */
export function mutateText(bytes: Uint8Array, random: Random): Uint8Array {
  const text = utf8Decode(bytes);
  const at = random.below(text.length + 1);
  const end = Math.min(text.length, at + random.between(0, 12));
  switch (random.below(8)) {
    case 0:
      return utf8Encode(text.slice(0, at) + random.pick(PIECES) + text.slice(at));
    case 1:
      return utf8Encode(text.slice(0, at) + random.pick(PIECES) + text.slice(end));
    case 2:
      return utf8Encode(text.slice(0, at) + text.slice(end));
    case 3:
      return utf8Encode(text.slice(0, end) + text.slice(at));
    case 4: {
      const lines = text.split('\n');
      const index = random.below(lines.length);
      lines.splice(index, random.below(2), random.pick(lines), ...(random.oneIn(2) ? [random.pick(PIECES)] : []));
      return utf8Encode(lines.join('\n'));
    }
    case 5:
      return utf8Encode(text.slice(0, at) + random.pick(PIECES).repeat(random.pick([2, 10, 300])) + text.slice(at));
    case 6:
      // A value for another: what stands between two separators.
      return utf8Encode(text.replace(/[^\s=:,@{}"]+/g, (word) => (random.oneIn(6) ? random.pick(PIECES) : word)));
    default:
      return utf8Encode(text.slice(0, at));
  }
}
