import type { Epoch, NodeId } from '@quorate/records';
import type { FollowedImage, SnapshotOffset, SnapshotResult } from './ports.js';
import { SnapshotAssembly } from './snapshot-assembly.js';

/** What became of a snapshot with one more piece of it. */
export type DownloadOutcome =
  | { readonly kind: 'more' }
  /** The image is the snapshot's; the log goes on with a batch that chains to this. */
  | { readonly kind: 'loaded'; readonly chainChecksum: number }
  | { readonly kind: 'other-leader' }
  | { readonly kind: 'damaged'; readonly problem: string };

/** One snapshot on its way from one leader into the image. */
export class SnapshotDownload {
  readonly id: SnapshotOffset;
  /** Monotonic milliseconds. */
  readonly startedMs: number;
  readonly #image: FollowedImage;
  readonly #assembly: SnapshotAssembly;
  #leader: { readonly id: NodeId | undefined; readonly epoch: Epoch } | undefined;
  #chainChecksum = 0;

  constructor({ id, genesisChecksum, image, startedMs }: { readonly id: SnapshotOffset; readonly genesisChecksum: number; readonly image: FollowedImage; readonly startedMs: number }) {
    this.id = id;
    this.startedMs = startedMs;
    this.#image = image;
    this.#assembly = new SnapshotAssembly(id, genesisChecksum);
  }

  /** Bytes taken so far. */
  get position(): number {
    return this.#assembly.position;
  }

  /** @throws when the image cannot take what the snapshot says: no piece is damaged, so all copies say the same. */
  take({ bytes, size, leaderId, leaderEpoch }: Extract<SnapshotResult, { kind: 'piece' }>): DownloadOutcome {
    this.#leader ??= { id: leaderId, epoch: leaderEpoch };
    if (leaderId !== this.#leader.id || leaderEpoch !== this.#leader.epoch) return { kind: 'other-leader' };
    if (bytes.length === 0) return { kind: 'damaged', problem: `an empty piece at ${this.position} of ${size} bytes` };
    const step = this.#assembly.push(bytes);
    if (step.kind === 'damaged') return step;
    if (step.start !== undefined) {
      this.#chainChecksum = step.start.chainChecksum;
      this.#image.loadBegins(step.start);
    }
    if (step.batches.length > 0) this.#image.load(step.batches);
    if (this.position < size) return { kind: 'more' };
    if (!this.#assembly.isWhole) return { kind: 'damaged', problem: `the snapshot ends after ${this.position} bytes without a footer` };
    this.#image.loadEnds();
    return { kind: 'loaded', chainChecksum: this.#chainChecksum };
  }
}
