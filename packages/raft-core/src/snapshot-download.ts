import type { Epoch } from '@quorate/records';
import { describeEvent, type CoreState } from './core-state.js';
import type { SnapshotId } from './messages.js';

/**
 * A snapshot on its way to this node. It belongs to one leader and its epoch, not to the role: a round of pre-votes that comes
 * to nothing leads back to the same leader, who goes on where it stopped. Two nodes' snapshots with the same id
 * need not be the same file, so another leader's is fetched from its beginning.
 */
export interface SnapshotDownload {
  readonly snapshotId: SnapshotId;
  readonly epoch: Epoch;
  /** Bytes stored so far. */
  position: number;
  /** What the first answer said of the file; undefined before it. */
  file: { readonly size: number; readonly chainChecksum: number } | undefined;
  /** Everything is stored, the host installs it; nothing is fetched meanwhile. */
  installing: boolean;
}

/** What is stored of a snapshot is of no use any more. */
export function dropDownload(core: CoreState, reason: string): void {
  const { download } = core;
  if (download === undefined) return;
  core.download = undefined;
  core.outbox.emit({ kind: 'discardSnapshot', snapshotId: download.snapshotId });
  describeEvent(core, 'info', 'raft.snapshot.dropped', { offset: download.snapshotId.endOffset, position: download.position, reason });
}

export function isSameSnapshot(a: SnapshotId, b: SnapshotId): boolean {
  return a.endOffset === b.endOffset && a.epoch === b.epoch;
}
