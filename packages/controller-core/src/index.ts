export { Controller } from './controller.js';
export { DEFAULT_CONTROLLER_CONFIG, type ControllerConfig } from './controller-config.js';
export type { ControllerView } from './controller-view.js';
export type {
  ActivateCommand,
  ActivateReply,
  BrokerHeartbeatCommand,
  BrokerHeartbeatReply,
  Command,
  CreatableTopic,
  CreatedTopic,
  CreatePartitionsCommand,
  CreatePartitionsReply,
  CreateTopicsCommand,
  CreateTopicsReply,
  DecideContext,
  Decision,
  DeleteTopicsCommand,
  DeleteTopicsReply,
  ExpireSessionsCommand,
  ExpireSessionsReply,
  ItemError,
  NoOpCommand,
  NoOpReply,
  RegisterBrokerCommand,
  RegisterBrokerReply,
  Reply,
  ReplyTo,
  UnregisterBrokerCommand,
  UnregisterBrokerReply,
} from './command.js';
export { NO_ERROR, isRefusal, outcomeOf, refusal, type KafkaErrorName } from './errors.js';
export { ELR_VERSION, KRAFT_VERSION, METADATA_VERSION, SINCE, featureRules, type FeatureRules } from './metadata-version.js';
export { StripedReplicaPlacer, placementLayout, type PlacementLayout, type UsableBroker } from './replica-placer.js';
export { decidePartitionChange, type PartitionChangeRequest, type PartitionChangeRules } from './partition-change.js';
export { CLUSTER_METADATA_TOPIC } from './topics/topic-name.js';
export { TOPIC_CONFIGS } from './topics/topic-config.js';
export { randomUuid } from './random-uuid.js';
export type { BrokerProgress } from './session-tracker.js';
