import type { FuzzTarget } from '../target.js';
import { adminTarget, tokenTarget } from './admin-requests.js';
import { batchTarget, requestsTarget } from './batches.js';
import { commandLineTarget, propertiesTarget } from './configuration.js';
import { directoryTarget } from './directory.js';
import { feedTarget } from './feed.js';
import { imageTarget } from './image.js';
import { raftTargets } from './raft-messages.js';
import { controlRecordTarget, partitionTarget, recordTarget } from './records.js';
import { markerTarget, segmentHeaderTarget } from './segments.js';
import { directoryIdTarget, epochCheckpointTarget, metaPropertiesTarget, quorumStateTarget, recoveringTarget } from './small-files.js';
import { snapshotTarget } from './snapshots.js';

/** Every decoder of what comes from a disk, a network, a file or a command line. */
export const TARGETS: readonly FuzzTarget[] = [
  batchTarget,
  requestsTarget,
  recordTarget,
  controlRecordTarget,
  partitionTarget,
  imageTarget,
  segmentHeaderTarget,
  markerTarget,
  snapshotTarget,
  directoryTarget,
  quorumStateTarget,
  recoveringTarget,
  directoryIdTarget,
  metaPropertiesTarget,
  epochCheckpointTarget,
  ...raftTargets,
  adminTarget,
  tokenTarget,
  feedTarget,
  propertiesTarget,
  commandLineTarget,
];
