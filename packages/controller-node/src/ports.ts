/** What the controller's loop needs of Raft, and what Raft tells it; both are raft-node's. */
export type {
  LeaderKnown,
  MetadataLog,
  MetadataLogListener,
  Proposal,
  ProposeRefusal,
  ProposeResult,
  SnapshotInfo,
  SnapshotPoint,
  SnapshotRefusal,
  SnapshotSink,
  ReadIndexOutcome,
  Timers,
} from '@quorate/raft-node';
