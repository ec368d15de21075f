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
