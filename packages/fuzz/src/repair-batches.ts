import { BATCH_HEADER_BYTES, crc32c } from '@quorate/records';

/**
 * Makes each batch's checksum, and where it can the sizes in its header, fit what stands there, batch behind batch; and
 * chains each to the one before it.
 *
 * @param sizes - whether length and sections are made to fit too, for the batch that reaches to the end.
 */
export function repairBatches(bytes: Uint8Array, from: number, sizes: boolean): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let previous: number | undefined;
  for (let at = from; at + BATCH_HEADER_BYTES <= bytes.length; ) {
    let length = view.getUint32(at + 4);
    if (length < BATCH_HEADER_BYTES || at + length > bytes.length) {
      if (!sizes) return bytes;
      length = bytes.length - at;
      view.setUint32(at + 4, length);
    }
    if (sizes) {
      const requests = Math.min(view.getUint32(at + 40), length - BATCH_HEADER_BYTES);
      view.setUint32(at + 40, requests);
      view.setUint32(at + 44, length - BATCH_HEADER_BYTES - requests);
    }
    if (previous !== undefined) view.setUint32(at + 32, previous);
    previous = crc32c(bytes, at + 4, at + length);
    view.setUint32(at, previous);
    at += length;
  }
  return bytes;
}
