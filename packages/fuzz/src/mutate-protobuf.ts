import { concatBytes } from '@quorate/records';
import type { Random } from './random.js';

/** Where a field of a message lies: tag, length (if any) and value. */
interface Field {
  readonly from: number;
  readonly number: number;
  readonly wire: number;
  /** Of the value, behind tag and length. */
  readonly valueFrom: number;
  readonly to: number;
}

const HUGE_VARINTS = [
  [0x80, 0x80, 0x80, 0x80, 0x08],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
  [0x80, 0x00],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
].map((bytes) => Uint8Array.from(bytes));

/**
 * One change to a protobuf message that keeps most of it a message: fields twice, left out, in another order, with another
 * number or kind, with a length or number that is no more true, changed inside, or nested too deep. Undefined when the
 * bytes hold no field.
 */
export function mutateProtobuf(bytes: Uint8Array, random: Random, depth = 0): Uint8Array | undefined {
  const fields = fieldsOf(bytes);
  if (fields.length === 0) return undefined;
  const field = random.pick(fields);
  const whole = bytes.subarray(field.from, field.to);
  const before = bytes.subarray(0, field.from);
  const behind = bytes.subarray(field.to);
  const value = bytes.subarray(field.valueFrom, field.to);
  switch (random.below(11)) {
    case 0:
      return concatBytes([before, whole, whole, behind]);
    case 1:
      return concatBytes([before, behind]);
    case 2: {
      const second = random.pick(fields);
      return concatBytes([before, bytes.subarray(second.from, second.to), behind]);
    }
    case 3:
      return concatBytes([before, tag(random.pick([0, 1, 2, 15, 16, 0x1fff_ffff, random.below(20)]), field.wire), bytes.subarray(tagEnd(bytes, field.from), field.to), behind]);
    case 4:
      return concatBytes([before, tag(field.number, random.below(8)), bytes.subarray(tagEnd(bytes, field.from), field.to), behind]);
    case 5:
      return concatBytes([before, tag(field.number, 0), random.pick(HUGE_VARINTS), behind]);
    case 6:
      return concatBytes([before, tag(field.number, 2), random.oneIn(3) ? varint(value.length + random.between(-1, 2)) : random.pick(HUGE_VARINTS), value, behind]);
    case 7:
      return concatBytes([before, lengthDelimited(field.number, random.bytes(random.pick([0, 1, 15, 16, 17, 40]))), behind]);
    case 8:
      return concatBytes([before, nested(field.number, value, random.pick([2, 10, 200])), behind]);
    case 9:
      // Groups are skipped by going into them: a thousand openings in a thousand bytes.
      return concatBytes([before, new Uint8Array(random.pick([1, 100, 20_000])).fill((field.number % 15 << 3) | random.pick([3, 4])), behind]);
    default: {
      if (field.wire !== 2 || depth > 4) return concatBytes([before, whole, tag(31, 5), random.bytes(4), behind]);
      const inside = mutateProtobuf(value, random, depth + 1) ?? random.bytes(value.length);
      return concatBytes([before, lengthDelimited(field.number, inside), behind]);
    }
  }
}

export function lengthDelimited(number: number, value: Uint8Array): Uint8Array {
  return concatBytes([tag(number, 2), varint(value.length), value]);
}

function nested(number: number, value: Uint8Array, times: number): Uint8Array {
  let bytes = value;
  for (let i = 0; i < times; i++) bytes = lengthDelimited(number, bytes);
  return bytes;
}

/** Fields from the beginning, as far as the bytes are a message. */
function fieldsOf(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  while (at < bytes.length) {
    const from = at;
    const read = readVarint(bytes, at);
    if (read === undefined || read.value < 8) break;
    const wire = read.value & 7;
    let valueFrom = read.at;
    let to: number | undefined;
    if (wire === 0) to = readVarint(bytes, valueFrom)?.at;
    else if (wire === 1) to = valueFrom + 8;
    else if (wire === 5) to = valueFrom + 4;
    else if (wire === 2) {
      const length = readVarint(bytes, valueFrom);
      valueFrom = length?.at ?? valueFrom;
      to = length === undefined ? undefined : length.at + length.value;
    }
    if (to === undefined || to > bytes.length) break;
    fields.push({ from, number: Math.floor(read.value / 8), wire, valueFrom, to });
    at = to;
  }
  return fields;
}

function readVarint(bytes: Uint8Array, at: number): { readonly value: number; readonly at: number } | undefined {
  let value = 0;
  for (let i = 0; i < 10 && at + i < bytes.length; i++) {
    value += (bytes[at + i]! & 0x7f) * 2 ** (7 * i);
    if (bytes[at + i]! < 0x80) return { value, at: at + i + 1 };
  }
  return undefined;
}

function tagEnd(bytes: Uint8Array, at: number): number {
  return readVarint(bytes, at)?.at ?? at + 1;
}

function tag(number: number, wire: number): Uint8Array {
  return varint(number * 8 + wire);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = Math.max(0, value);
  while (rest > 0x7f) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Uint8Array.from([...bytes, rest]);
}
