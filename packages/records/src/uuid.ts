import type { Uuid } from './ids.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** 6-bit value by character code; 255 for characters outside the alphabet. */
const VALUE_OF = valueByCharacterCode();
const TEXT_LENGTH = 22;

/** "Unknown directory" where a directory id is meant (KIP-853), MIGRATING in an assignment (KIP-858). */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA' as Uuid;

/** Directory ids that name no directory (KIP-858). */
export const RESERVED_DIRECTORY = {
  /** The replica predates directory ids. */
  MIGRATING: ZERO_UUID,
  /** The broker has not told yet. */
  UNASSIGNED: 'AAAAAAAAAAAAAAAAAAAAAQ' as Uuid,
  /** The replica was on a directory that failed. */
  LOST: 'AAAAAAAAAAAAAAAAAAAAAg' as Uuid,
} as const;

/** Whether it is one of the ids 0 to 99 that never name a directory or a topic of ours (KIP-858). */
export function isReservedUuid(uuid: Uuid): boolean {
  // 120 zero bits are 20 characters; the last two hold the low byte, shifted left by four.
  if (!uuid.startsWith('AAAAAAAAAAAAAAAAAAAA')) return false;
  return ((sixBits(uuid, 20) << 2) | (sixBits(uuid, 21) >> 4)) < 100;
}

/** @throws RangeError unless there are 16 bytes. */
export function uuidFromBytes(bytes: Uint8Array): Uuid {
  if (bytes.length !== 16) throw new RangeError(`a UUID has 16 bytes, got ${bytes.length}`);
  let text = '';
  for (let i = 0; i < 15; i += 3) {
    const three = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!;
    text += fourCharacters(three);
  }
  const last = bytes[15]!;
  return (text + ALPHABET[last >> 2]! + ALPHABET[(last & 3) << 4]!) as Uuid;
}

/** A UUID as four big-endian words of 32 bits, signed. */
export interface UuidWordsOf {
  a: number;
  b: number;
  c: number;
  d: number;
}

/** Without an array in between: ids are turned to and fro for each record. */
export function uuidToWords(uuid: Uuid, into: UuidWordsOf): void {
  into.a = (sixBits(uuid, 0) << 26) | (fourSixBits(uuid, 1) << 2) | (sixBits(uuid, 5) >> 4);
  into.b = (sixBits(uuid, 5) << 28) | (fourSixBits(uuid, 6) << 4) | (sixBits(uuid, 10) >> 2);
  into.c = (sixBits(uuid, 10) << 30) | (fourSixBits(uuid, 11) << 6) | sixBits(uuid, 15);
  into.d = (fourSixBits(uuid, 16) << 8) | (sixBits(uuid, 20) << 2) | (sixBits(uuid, 21) >> 4);
}

export function uuidFromWords({ a, b, c, d }: UuidWordsOf): Uuid {
  const text =
    fourCharacters(a >>> 8) +
    fourCharacters(((a & 0xff) << 16) | (b >>> 16)) +
    fourCharacters(((b & 0xffff) << 8) | (c >>> 24)) +
    fourCharacters(c & 0xff_ffff) +
    fourCharacters(d >>> 8);
  return (text + ALPHABET[(d >> 2) & 63]! + ALPHABET[(d & 3) << 4]!) as Uuid;
}

/** 16 new bytes. */
export function uuidToBytes(uuid: Uuid): Uint8Array {
  const bytes = new Uint8Array(16);
  for (let i = 0, at = 0; i < 20; i += 4, at += 3) {
    const three = fourSixBits(uuid, i);
    bytes[at] = three >> 16;
    bytes[at + 1] = three >> 8;
    bytes[at + 2] = three;
  }
  bytes[15] = (sixBits(uuid, 20) << 2) | (sixBits(uuid, 21) >> 4);
  return bytes;
}

/**
 * Reads Kafka's text form: 22 characters of base64url, or the same with `==` behind it. Unused low bits of the last
 * character are dropped, as Java's decoder does, so that equal ids are equal strings.
 *
 * @returns undefined when it is no UUID.
 */
export function parseUuid(text: string): Uuid | undefined {
  const bare = text.length === 24 && text.endsWith('==') ? text.substring(0, TEXT_LENGTH) : text;
  if (bare.length !== TEXT_LENGTH) return undefined;
  for (let i = 0; i < TEXT_LENGTH; i++) {
    if (sixBits(bare, i) > 63) return undefined;
  }
  return (bare.substring(0, 21) + ALPHABET[sixBits(bare, 21) & 0x30]!) as Uuid;
}

function fourSixBits(text: string, at: number): number {
  return (sixBits(text, at) << 18) | (sixBits(text, at + 1) << 12) | (sixBits(text, at + 2) << 6) | sixBits(text, at + 3);
}

function fourCharacters(bits: number): string {
  return ALPHABET[bits >> 18]! + ALPHABET[(bits >> 12) & 63]! + ALPHABET[(bits >> 6) & 63]! + ALPHABET[bits & 63]!;
}

function sixBits(text: string, at: number): number {
  return VALUE_OF[text.charCodeAt(at)] ?? 255;
}

function valueByCharacterCode(): Uint8Array {
  const values = new Uint8Array(128).fill(255);
  for (let i = 0; i < ALPHABET.length; i++) values[ALPHABET.charCodeAt(i)] = i;
  return values;
}
