import { concatBytes } from '@quorate/records';
import type { Random } from './random.js';

/** Numbers at which lengths, offsets and counts go wrong. */
const EDGES = [0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];

/** One change that knows nothing of what the bytes mean. Never changes its argument. */
export function mutateBytes(bytes: Uint8Array, random: Random, other: () => Uint8Array): Uint8Array {
  const at = random.below(bytes.length);
  switch (random.below(11)) {
    case 0:
      return changed(bytes, (copy) => (copy[at] = copy[at]! ^ (1 << random.below(8))));
    case 1:
      return changed(bytes, (copy) => (copy[at] = random.word()));
    case 2:
      return changed(bytes, (copy) => writeNumber(copy, at & ~1, 2, random.pick(EDGES)));
    case 3:
      return changed(bytes, (copy) => writeNumber(copy, at & ~3, 4, edgeNear(bytes.length, random)));
    case 4:
      return changed(bytes, (copy) => {
        writeNumber(copy, at & ~7, 4, random.pick(EDGES));
        writeNumber(copy, (at & ~7) + 4, 4, random.pick(EDGES));
      });
    case 5:
      return bytes.subarray(0, at);
    case 6:
      return concatBytes([bytes, random.bytes(random.between(1, 40))]);
    case 7:
      return without(bytes, at, random.between(1, 24));
    case 8: {
      const end = Math.min(bytes.length, at + random.between(1, 64));
      return concatBytes([bytes.subarray(0, end), bytes.subarray(at)]);
    }
    case 9: {
      const second = other();
      return concatBytes([bytes.subarray(0, at), second.subarray(random.below(second.length))]);
    }
    default:
      return changed(bytes, (copy) => copy.fill(random.oneIn(2) ? 0 : 0xff, at, at + random.between(1, 32)));
  }
}

/** The input with a piece of itself repeated until it has about `size` bytes: what grows faster than its input shows here. */
export function blowUp(bytes: Uint8Array, random: Random, size: number): Uint8Array {
  if (bytes.length === 0) return new Uint8Array(size);
  const from = random.below(bytes.length);
  const to = random.oneIn(3) ? from + 1 : random.between(from + 1, bytes.length);
  const piece = bytes.subarray(from, to);
  const times = Math.max(1, Math.floor(size / piece.length));
  const whole = new Uint8Array(bytes.length + times * piece.length);
  whole.set(bytes.subarray(0, from));
  for (let i = 0; i < times; i++) whole.set(piece, from + i * piece.length);
  whole.set(bytes.subarray(from), from + times * piece.length);
  return whole;
}

function edgeNear(length: number, random: Random): number {
  return random.oneIn(3) ? Math.max(0, length + random.between(-2, 2)) : random.pick(EDGES);
}

function changed(bytes: Uint8Array, change: (copy: Uint8Array) => void): Uint8Array {
  const copy = Uint8Array.from(bytes);
  change(copy);
  return copy;
}

function without(bytes: Uint8Array, at: number, count: number): Uint8Array {
  return concatBytes([bytes.subarray(0, at), bytes.subarray(at + count)]);
}

/** Big-endian; what lies behind the end is dropped. */
function writeNumber(bytes: Uint8Array, at: number, width: number, value: number): void {
  for (let i = 0; i < width && at + i < bytes.length; i++) bytes[at + i] = Math.floor(value / 2 ** (8 * (width - 1 - i)));
}
