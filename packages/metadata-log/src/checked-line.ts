import { crc32c, utf8Decode, utf8Encode } from '@quorate/records';
import { hex32 } from './bytes.js';

/**
 * The fields of a line of JSON whose CRC-32C stands on the next, as small files of ours are written. Undefined when the
 * checksum is another, and also when it is right and the line is no JSON object: anybody can make a checksum.
 */
export function readCheckedLine(bytes: Uint8Array): Record<string, unknown> | undefined {
  const [line, sum] = utf8Decode(bytes).split('\n');
  if (line === undefined || sum !== `crc32c ${hex32(crc32c(utf8Encode(line)))}`) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
