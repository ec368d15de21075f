import { parseMetaProperties as parseText, printMetaProperties, type MetaProperties } from '@quorate/config';
import { utf8DecodeStrict, utf8Encode } from '@quorate/records';

export type { MetaProperties } from '@quorate/config';

/** The bytes of `meta.properties`, which says whom a data directory belongs to (KIP-853, KIP-858). */
export function encodeMetaProperties(properties: MetaProperties): Uint8Array {
  return utf8Encode(printMetaProperties(properties));
}

/** @returns the properties, or a sentence that says what is wrong with the file. */
export function parseMetaProperties(bytes: Uint8Array): MetaProperties | string {
  const text = utf8DecodeStrict(bytes);
  if (text === undefined) return 'it is not UTF-8 text';
  const parsed = parseText(text);
  return parsed.kind === 'refused' ? parsed.problem : parsed.value;
}
