export { AppliedTail, type FeedPosition } from './feed-position.js';
export { MetadataFollower, type FollowerEvent, type FollowerStatus, type MetadataFollowerConfig } from './metadata-follower.js';
export { SnapshotAssembly, type AssemblyStep } from './snapshot-assembly.js';
export type { WaitOutcome } from './offset-waiters.js';
export type {
  ArrivalPath,
  CommittedFetch,
  CommittedFetchQuery,
  CommittedFetchResult,
  FeedDropReason,
  FeedReceiver,
  FollowedImage,
  FollowerTimers,
  MetadataFeed,
  SnapshotOffset,
  SnapshotQuery,
  SnapshotResult,
  SnapshotStart,
} from './ports.js';
