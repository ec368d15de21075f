import type { Offset } from '@quorate/records';

/** Why a directory is not formatted, or a log not opened. */
export type RefusalReason =
  /** Nothing is there yet. */
  | 'not-formatted'
  /** Formatting was interrupted. */
  | 'half-formatted'
  | 'already-formatted'
  /** Holds files that formatting did not make. */
  | 'not-empty'
  /** `meta.properties` cannot be read, or is another program's. */
  | 'unreadable-properties'
  | 'other-cluster'
  | 'other-node'
  | 'other-directory'
  /** Something that was durable is not there or not what it was. */
  | 'damaged'
  /** Written by newer software. */
  | 'unknown-format'
  /** Both files of quorum-state are bad: the replica may have forgotten a vote. */
  | 'election-state-lost'
  /** What was asked for is impossible: a cluster id that is too long, voters without this node. */
  | 'bad-request'
  /** The operating system refused. */
  | 'disk-failed';

/** An expected no: what is wrong, where, and what to do about it. */
export interface Refusal {
  readonly kind: 'refused';
  readonly reason: RefusalReason;
  /** For people: ends with the way out. */
  readonly message: string;
  /** Relative to the data directory. */
  readonly path?: string;
  /** Byte position in the file. */
  readonly position?: number;
  /** Offset of the first record that cannot be read. */
  readonly offset?: Offset;
}

export function refusal(reason: RefusalReason, message: string, where: Omit<Refusal, 'kind' | 'reason' | 'message'> = {}): Refusal {
  return { kind: 'refused', reason, message, ...where };
}

/** A refusal from what the file system threw. */
export function diskRefusal(error: Error, doing: string): Refusal {
  return refusal('disk-failed', `${doing}: ${error.message}. Nothing was retried; see to the disk and start again.`);
}

/** What an operator can do when something that was durable is gone. */
export const WAY_OUT_OF_DAMAGE =
  'What was durable once is gone, so this node may not vote with what is left. Keep the directory for inspection, check the disk; ' +
  'to go on, move the data directory aside, format it anew with a new directory id and let it join as a new replica.';

/** What an operator can do when that happened to the only voter. */
export const WAY_OUT_OF_ONLY_VOTER =
  'This node is the only voter, so that no other can give it back. Put back a copy of the directory if there is one; else keep this one for ' +
  'inspection, check the disk, and format a new cluster.';
