import { DIGEST_VERSION } from '@quorate/metadata-image';
import { bytesEqual, copyBytes } from '@quorate/records';
import type { NodeId, Offset } from '@quorate/records';

/** What an image sums up to at one offset, as a Fetch tells it. */
export interface DigestAt {
  readonly lastStableOffset: Offset;
  readonly version: number;
  readonly value: Uint8Array;
}

export type DigestEvent =
  /** A replica's image differs from ours at the same offset: one of the two is wrong. Told once until they agree again. */
  | { readonly kind: 'digestDiffers'; readonly replicaId: NodeId | undefined; readonly offset: Offset; readonly theirs: Uint8Array; readonly ours: Uint8Array }
  | { readonly kind: 'digestAgrees'; readonly replicaId: NodeId | undefined; readonly offset: Offset }
  /** A majority of the voters, this node not counted, agrees on another value than ours: our image is wrong. */
  | { readonly kind: 'ownImageWrong'; readonly offset: Offset; readonly theirs: Uint8Array; readonly ours: Uint8Array };

export interface ImageDigestsOptions {
  readonly selfId: NodeId;
  /** Node ids of the voters now. */
  readonly voterIds: () => readonly NodeId[];
  readonly observe: (event: DigestEvent) => void;
}

/** Offsets for which digests are remembered: ours at the end of each batch, and what the voters told. */
const KEPT_OFFSETS = 4096;

/**
 * Compares images by what they sum up to, at equal offset and version, on whichever controller is asked to replicate. Equal
 * logs give equal images; where they do not, memory or code is at fault.
 *
 * Only a majority of the voters that agrees on another value, the accused itself not counted, is reason enough to stop a
 * node: with less nobody can say who is wrong, and all go on under an alarm.
 */
export class ImageDigests {
  readonly #options: ImageDigestsOptions;
  /** By offset, oldest first: the value of each voter that told one, our own among them. */
  readonly #values = new Map<Offset, Map<NodeId, Uint8Array>>();
  readonly #differing = new Set<NodeId | undefined>();

  constructor(options: ImageDigestsOptions) {
    this.#options = options;
  }

  /** Replicas whose last comparable digest differed from ours. */
  get differing(): number {
    return this.#differing.size;
  }

  /** Our own image, at the end of a batch. */
  own(offset: Offset, value: Uint8Array): void {
    this.#note(this.#options.selfId, offset, value);
    for (const [replicaId, theirs] of this.#values.get(offset)!) {
      if (replicaId !== this.#options.selfId) this.#compare(replicaId, offset, theirs);
    }
  }

  /** A replica's image, as its Fetch tells; undefined for a reader that is no node. */
  heard(replicaId: NodeId | undefined, { lastStableOffset, version, value }: DigestAt): void {
    if (version !== DIGEST_VERSION) return;
    if (replicaId !== undefined && this.#options.voterIds().includes(replicaId)) this.#note(replicaId, lastStableOffset, value);
    this.#compare(replicaId, lastStableOffset, value);
  }

  /** Whether the replica has to stop: a majority of the voters, it not counted, agrees on another value at that offset. */
  isWrong(replicaId: NodeId | undefined, { lastStableOffset, version, value }: DigestAt): boolean {
    return version === DIGEST_VERSION && this.#agreedByOthers(replicaId, lastStableOffset, value) !== undefined;
  }

  #note(replicaId: NodeId, offset: Offset, value: Uint8Array): void {
    let at = this.#values.get(offset);
    if (at === undefined) {
      at = new Map();
      this.#values.set(offset, at);
      if (this.#values.size > KEPT_OFFSETS) this.#values.delete(this.#values.keys().next().value!);
    }
    at.set(replicaId, copyBytes(value));
  }

  #compare(replicaId: NodeId | undefined, offset: Offset, theirs: Uint8Array): void {
    const { selfId, observe } = this.#options;
    const ours = this.#values.get(offset)?.get(selfId);
    if (ours === undefined) return;
    if (bytesEqual(ours, theirs)) {
      if (this.#differing.delete(replicaId)) observe({ kind: 'digestAgrees', replicaId, offset });
      return;
    }
    if (!this.#differing.has(replicaId)) {
      this.#differing.add(replicaId);
      observe({ kind: 'digestDiffers', replicaId, offset, theirs: copyBytes(theirs), ours });
    }
    const agreed = this.#agreedByOthers(selfId, offset, ours);
    if (agreed !== undefined) observe({ kind: 'ownImageWrong', offset, theirs: agreed, ours });
  }

  /** The value other than this one that a majority of the voters has at the offset, the accused not counted; undefined without one. */
  #agreedByOthers(accusedId: NodeId | undefined, offset: Offset, value: Uint8Array): Uint8Array | undefined {
    const voterIds = this.#options.voterIds();
    const needed = Math.floor(voterIds.length / 2) + 1;
    const witnesses = voterIds.flatMap((id) => {
      const told = id === accusedId ? undefined : this.#values.get(offset)?.get(id);
      return told === undefined || bytesEqual(told, value) ? [] : [told];
    });
    return witnesses.find((told) => witnesses.filter((other) => bytesEqual(told, other)).length >= needed);
  }
}
