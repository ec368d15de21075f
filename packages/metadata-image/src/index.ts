export type {
  BrokerRow,
  ControllerRow,
  EndpointRow,
  FeatureRangeRow,
  LeaderRecoveryState,
  MetadataView,
  PartitionRef,
  PartitionRow,
  RecordPosition,
  TopicRow,
} from './view.js';
export { MetadataImage, type Provenance } from './image.js';
export { ImageLoad, type LoadedFrom } from './image-load.js';
export { ImageSnapshot } from './image-snapshot.js';
export { Overlay } from './overlay.js';
export { BatchFold, type StablePoint } from './batch-fold.js';
export { imageRecords } from './write-image.js';
export {
  netTopics,
  type ChangeSink,
  type MetadataChange,
  type MetadataChangeKind,
  type MetadataDelta,
  type NetTopics,
  type PartitionSummary,
} from './delta.js';
export { DIGEST_VERSION, type ImageDigest } from './digest.js';
export { ImageDigestError, ReplayError } from './errors.js';
export type { TopicImageBytes } from './topics/image.js';
export type { PartitionCondition } from './store.js';
export type { AclRow } from './acls/image.js';
export type { QuotaEntity, QuotaRow } from './client-quotas/image.js';
export type { ScramRow } from './scram/image.js';
export type { TokenRow } from './delegation-tokens/image.js';
export { clusterCounts, topicsSorted, type ClusterCounts, type TopicPage } from './queries.js';
export { diffImages } from './diff-images.js';
export {
  describeBroker,
  describePartition,
  describeTree,
  imageTree,
  type DescribeOptions,
  type ImageNode,
  type Redaction,
} from './describe.js';
