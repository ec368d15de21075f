import { bytesEqual, forEachRecord, type EncodedBatch, type Offset } from '@quorate/records';
import { DIGEST_VERSION, type ImageDigest } from './digest.js';
import { ImageDigestError } from './errors.js';
import { MetadataImage, type Provenance } from './image.js';

/** Where a snapshot stands in the log, and what its image sums up to. */
export interface LoadedFrom extends Provenance {
  /** Undefined: whoever made the snapshot did not say. */
  readonly digest: ImageDigest | undefined;
}

/**
 * Builds an image from the batches of a snapshot, some at a time, beside the image that is in use: readers see the old one
 * whole until they see the new one whole.
 */
export class ImageLoad {
  readonly #from: LoadedFrom;
  readonly #image = new MetadataImage();
  #recordCount = 0;

  constructor(from: LoadedFrom) {
    this.#from = from;
  }

  /** Metadata records taken so far. */
  get recordCount(): number {
    return this.#recordCount;
  }

  /**
   * @param batch - borrowed for the call; control batches are passed over.
   * @throws ReplayError on a record that cannot be read or does not fit.
   */
  add(batch: EncodedBatch): void {
    if (batch.isControl) return;
    const { endOffset, epoch, timestampMs } = this.#from;
    // A snapshot does not say which record of the log a row comes from: all stand at the last offset that it contains.
    const at = { offset: (endOffset - 1) as Offset, epoch, wallMs: timestampMs };
    forEachRecord(batch, (raw) => this.#image.applyRaw(raw, at));
    this.#recordCount += batch.recordCount;
  }

  /**
   * The whole image.
   *
   * @throws ImageDigestError when it does not sum up to what the snapshot says of itself.
   */
  finish(): MetadataImage {
    const { digest, ...provenance } = this.#from;
    this.#image.advanceTo(provenance);
    const loaded = this.#image.digest();
    if (digest !== undefined && digest.version === DIGEST_VERSION && !bytesEqual(digest.value, loaded.value)) {
      const { endOffset, epoch } = provenance;
      throw new ImageDigestError(`the snapshot that ends at offset ${endOffset} (epoch ${epoch}) gives an image with digest ${hex(loaded.value)}, its header says ${hex(digest.value)}`);
    }
    return this.#image;
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
