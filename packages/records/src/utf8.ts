import { getTextEncoding } from '@bufbuild/protobuf/wire';

/** UTF-8 bytes of the text. A lone surrogate, which UTF-8 cannot say, becomes U+FFFD. */
export function utf8Encode(text: string): Uint8Array {
  return getTextEncoding().encodeUtf8(text);
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
