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
  /** Node ids of the voters now; asked with every Fetch. */
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
  /** Our own values by offset, oldest first. */
  readonly #own = new Map<Offset, Uint8Array>();
  /** What the other voters told, by offset, oldest first. */
  readonly #told = new Map<Offset, Map<NodeId, Uint8Array>>();
  readonly #differing = new Set<NodeId | undefined>();

  constructor(options: ImageDigestsOptions) {
    this.#options = options;
  }

  /** Replicas whose last comparable digest differed from ours. */
  get differing(): number {
    return this.#differing.size;
  }

  /** Our own image, at the end of a batch; the value is kept as it is. */
  own(offset: Offset, value: Uint8Array): void {
    this.#own.set(offset, value);
    forgetOldest(this.#own);
    for (const [replicaId, theirs] of this.#told.get(offset) ?? []) this.#compare(replicaId, offset, theirs);
  }

  /** Nobody fetches from us any more: what was told before is no alarm of ours. */
  stopListening(): void {
    this.#told.clear();
    this.#differing.clear();
  }

  /** A replica's image, as its Fetch tells; undefined for a reader that is no node. */
  heard(replicaId: NodeId | undefined, { lastStableOffset, version, value }: DigestAt): void {
    if (version !== DIGEST_VERSION) return;
    if (replicaId !== undefined && this.#options.voterIds().includes(replicaId)) this.#note(replicaId, lastStableOffset, value);
    this.#compare(replicaId, lastStableOffset, value);
  }

  /** Whether the replica has to stop: a majority of the voters, it not counted, agrees on another value at that offset. */
  isWrong(replicaId: NodeId | undefined, { lastStableOffset, version, value }: DigestAt): boolean {
    // Where nobody differs from us, nobody differs from anybody: the usual case, and asked with every answer to a Fetch.
    if (this.#differing.size === 0) return false;
    return version === DIGEST_VERSION && this.#agreedByOthers(replicaId, lastStableOffset, value) !== undefined;
  }

  #note(replicaId: NodeId, offset: Offset, value: Uint8Array): void {
    let at = this.#told.get(offset);
    if (at === undefined) {
      at = new Map();
      this.#told.set(offset, at);
      forgetOldest(this.#told);
    }
    at.set(replicaId, copyBytes(value));
  }

  #compare(replicaId: NodeId | undefined, offset: Offset, theirs: Uint8Array): void {
    const { selfId, observe } = this.#options;
    const ours = this.#own.get(offset);
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
      const told = id === accusedId ? undefined : this.#valueOf(id, offset);
      return told === undefined || bytesEqual(told, value) ? [] : [told];
    });
    return witnesses.find((told) => witnesses.filter((other) => bytesEqual(told, other)).length >= needed);
  }

  #valueOf(voterId: NodeId, offset: Offset): Uint8Array | undefined {
    return voterId === this.#options.selfId ? this.#own.get(offset) : this.#told.get(offset)?.get(voterId);
  }
}

function forgetOldest(values: Map<Offset, unknown>): void {
  if (values.size > KEPT_OFFSETS) values.delete(values.keys().next().value!);
}
