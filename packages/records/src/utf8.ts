import { getTextEncoding } from '@bufbuild/protobuf/wire';

/** Longer texts are left to the platform's encoder: its price is that of the call. */
const SHORT = 64;

/** UTF-8 bytes of the text. A lone surrogate, which UTF-8 cannot say, becomes U+FFFD. */
export function utf8Encode(text: string): Uint8Array {
  const { length } = text;
  if (length > SHORT) return getTextEncoding().encodeUtf8(text);
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return getTextEncoding().encodeUtf8(text);
    bytes[i] = code;
  }
  return bytes;
}

/** Text of UTF-8 bytes. Bytes that are not UTF-8 become U+FFFD; nothing is thrown. */
export function utf8Decode(bytes: Uint8Array): string {
  return getTextEncoding().decodeUtf8(bytes);
}

/** Text of UTF-8 bytes, or undefined when they are not UTF-8. */
export function utf8DecodeStrict(bytes: Uint8Array): string | undefined {
  try {
    return getTextEncoding().decodeUtf8(bytes, true);
  } catch {
    return undefined;
  }
}
