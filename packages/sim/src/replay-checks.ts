import { BatchFold, ImageLoad, MetadataImage } from '@quorate/metadata-image';
import { LogDamageError } from '@quorate/metadata-log';
import type { SnapshotId } from '@quorate/raft-core';
import type { EncodedBatch } from '@quorate/records';
import type { Invariants } from './invariants.js';
import { digestOf } from './node.js';
import type { SimNode } from './node.js';

/** Read from a snapshot at a time. */
const SLICE_BYTES = 256 * 1024;

/** Digests of the image after each committed batch that no transaction is open behind, by offset. */
export function replayAll(batches: readonly EncodedBatch[]): ReadonlyMap<number, string> {
  const image = new MetadataImage();
  const fold = new BatchFold(image);
  const digests = new Map<number, string>([[0, digestOf(image)]]);
  for (const batch of batches) {
    fold.fold(batch, false);
    digests.set(image.appliedOffset, digestOf(image));
  }
  return digests;
}

/**
 * Holds what a node has against a replay: each of its snapshots, its image, and what its oldest snapshot and its log come to.
 *
 * @param replayed - what `replayAll` gave.
 */
export function checkReplay(node: SimNode, replayed: ReadonlyMap<number, string>, invariants: Invariants): void {
  const held = node.imageDigest()!;
  let oldest: Loaded | undefined;
  for (const id of node.snapshotIds()) {
    const loaded = loadUnlessDamaged(node, id);
    if (loaded === undefined) continue;
    invariants.snapshotEqualsReplay.check(node.id, id.endOffset, digestOf(loaded.image), replayed.get(id.endOffset));
    oldest ??= loaded;
  }
  invariants.replay.check(node.id, held, { offset: held.offset, digest: replayed.get(held.offset) ?? 'nothing' });
  // Its snapshots are damaged, which was noticed: nothing to begin with.
  if (oldest === undefined && node.logStartOffset > 0) return;
  const { image, fold } = oldest ?? emptyImage();
  node.readCommitted(image.appliedOffset, held.offset, (batch) => fold.fold(batch, false));
  invariants.replay.check(node.id, held, { offset: image.appliedOffset, digest: digestOf(image) });
}

interface Loaded {
  readonly image: MetadataImage;
  readonly fold: BatchFold;
}

function emptyImage(): Loaded {
  const image = new MetadataImage();
  return { image, fold: new BatchFold(image) };
}

/** Damage at rest may lie where nothing has been read since; it has to be noticed now. */
function loadUnlessDamaged(node: SimNode, id: SnapshotId): Loaded | undefined {
  try {
    return loadSnapshot(node, id);
  } catch (error) {
    if (error instanceof LogDamageError && node.disk.isDamaged) return undefined;
    throw error;
  }
}

function loadSnapshot(node: SimNode, id: SnapshotId): Loaded {
  const reader = node.openSnapshot(id);
  if (reader === undefined) throw new Error(`node ${node.id} lists a snapshot of the first ${id.endOffset} records and cannot open it`);
  const { lastContainedTimestampMs, imageDigest, chainChecksum } = reader.head;
  const load = new ImageLoad({ ...id, timestampMs: lastContainedTimestampMs, digest: imageDigest });
  for (let batches = reader.next(SLICE_BYTES); batches.length > 0; batches = reader.next(SLICE_BYTES)) for (const batch of batches) load.add(batch);
  reader.close();
  const image = new MetadataImage();
  image.become(load.finish());
  return { image, fold: new BatchFold(image, chainChecksum) };
}
