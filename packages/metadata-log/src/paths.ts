import type { Epoch, Offset } from '@quorate/records';
import type { SnapshotId } from '@quorate/raft-core';

/** The names of a data directory, Kafka's throughout (KIP-500, KIP-595, KIP-630). Relative to the data directory. */
export const META_PROPERTIES = 'meta.properties';
export const LOCK_FILE = '.lock';
export const LOG_DIRECTORY = '__cluster_metadata-0';
/** Twice the same content: one of them is whole at any time. */
export const QUORUM_STATE_FILES = [`${LOG_DIRECTORY}/quorum-state`, `${LOG_DIRECTORY}/quorum-state.copy`] as const;
export const LEADER_EPOCH_CHECKPOINT = `${LOG_DIRECTORY}/leader-epoch-checkpoint`;
/** There as long as the node has not fetched again what its disk has lost. */
export const RECOVERING_NOTE = `${LOG_DIRECTORY}/recovering`;
/** There while the directory id is being replaced. */
export const DIRECTORY_ID_NOTE = `${LOG_DIRECTORY}/directory-id-change`;
/** Room that is given up when the disk is full. */
export const RESERVE_FILE = `${LOG_DIRECTORY}/reserve`;
export const PARTITION_METADATA = `${LOG_DIRECTORY}/partition.metadata`;

export type { SnapshotId };

/** Written by formatting: the first voters. Never replicated. */
export const BOOTSTRAP_SNAPSHOT: SnapshotId = { endOffset: 0 as Offset, epoch: 0 as Epoch };

export function segmentPath(baseOffset: number): string {
  return `${LOG_DIRECTORY}/${String(baseOffset).padStart(20, '0')}.log`;
}

/** Base offset that a segment's file name says, or undefined when it is no segment. */
export function parseSegmentName(name: string): Offset | undefined {
  const digits = /^(\d{20})\.log$/.exec(name)?.[1];
  if (digits === undefined) return undefined;
  const value = Number(digits);
  return Number.isSafeInteger(value) ? (value as Offset) : undefined;
}

export function snapshotPath(id: SnapshotId): string {
  return `${LOG_DIRECTORY}/${String(id.endOffset).padStart(20, '0')}-${String(id.epoch).padStart(10, '0')}.checkpoint`;
}

/** Id that a snapshot's file name says, or undefined when it is no snapshot (a `.part`, for one). */
export function parseSnapshotName(name: string): SnapshotId | undefined {
  const match = /^(\d{20})-(\d{10})\.checkpoint$/.exec(name);
  if (match === null) return undefined;
  const endOffset = Number(match[1]);
  return Number.isSafeInteger(endOffset) ? { endOffset: endOffset as Offset, epoch: Number(match[2]) as Epoch } : undefined;
}

/** Directory of a path; `''` for the data directory itself. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.substring(0, slash);
}
