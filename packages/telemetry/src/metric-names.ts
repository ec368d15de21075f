/**
 * Every metric that a process of ours may export: name, type, help with unit and source. A metric that is not in this list
 * cannot be made, so the list is the documentation. Kafka's KRaft names stand beside ours, so that dashboards made for them
 * light up unchanged.
 */
export const METRICS = {
  // Raft, each controller. Source: Kafka's raft-metrics (KIP-595, KIP-853).
  kafka_server_raftmetrics_current_state: { type: 'gauge', labels: ['current_state'], help: 'One for the present Raft role, zero for the others.' },
  kafka_server_raftmetrics_current_leader: { type: 'gauge', help: 'Node id of the known leader, -1 when unknown.' },
  kafka_server_raftmetrics_current_vote: { type: 'gauge', help: 'Node id voted for in this epoch, -1 for none.' },
  kafka_server_raftmetrics_current_epoch: { type: 'gauge', help: 'Quorum epoch.' },
  kafka_server_raftmetrics_high_watermark: { type: 'gauge', help: 'High watermark (exclusive offset), -1 when unknown.' },
  kafka_server_raftmetrics_log_end_offset: { type: 'gauge', help: 'End of the metadata log (exclusive offset).' },
  kafka_server_raftmetrics_log_end_epoch: { type: 'gauge', help: 'Epoch of the last record.' },
  kafka_server_raftmetrics_number_of_voters: { type: 'gauge', help: 'Members of the newest voter set.' },
  kafka_server_raftmetrics_uncommitted_voter_change: { type: 'gauge', help: '1 while a voter change is in the log and not committed; leader only.' },
  kafka_server_raftmetrics_number_of_observers: { type: 'gauge', help: 'Observers that fetched lately; leader only.' },
  quorate_quorum_flushed_offset: { type: 'gauge', help: 'End of what this node has on disk (exclusive offset).' },
  quorate_quorum_replica_lag_records: { type: 'gauge', labels: ['replica'], help: 'Records a replica is behind the leader; leader only.' },
  quorate_quorum_elections_total: { type: 'counter', labels: ['trigger', 'outcome'], help: 'Elections in which this node stood.' },
  quorate_quorum_election_duration_seconds: { type: 'histogram', buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5], help: 'From standing to the end of the election, seconds.' },
  quorate_quorum_commit_duration_seconds: { type: 'histogram', buckets: [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5], help: 'From append to commit of a batch on the leader, seconds.' },
  quorate_log_fsync_duration_seconds: { type: 'histogram', buckets: [0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.2, 1], help: 'fdatasync of the metadata log, seconds.' },
  quorate_log_size_bytes: { type: 'gauge', help: 'Bytes of all segments of the metadata log.' },
  // Snapshots, each controller; loading also on brokers, gateway and exporter. Source: Kafka's SnapshotEmitter and MetadataLoader.
  kafka_server_snapshotemitter_latestsnapshotgeneratedbytes: { type: 'gauge', help: 'Size of the last snapshot that this process made, 0 when none.' },
  kafka_server_snapshotemitter_latestsnapshotgeneratedagems: { type: 'gauge', help: 'Milliseconds since this process made its last snapshot; since its start when none.' },
  kafka_server_metadataloader_handleloadsnapshotcount: { type: 'gauge', help: 'Snapshots loaded into the image.' },
  quorate_snapshots_created_total: { type: 'counter', labels: ['reason'], help: 'Snapshots made, by reason: bytes, interval or records.' },
  quorate_snapshot_duration_seconds: { type: 'histogram', buckets: [0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 20], help: 'From holding the image to the durable snapshot, seconds.' },
  quorate_snapshot_longest_slice_seconds: { type: 'gauge', help: 'Longest that the event loop stood still at a time for the last snapshot, seconds.' },
  quorate_snapshot_load_duration_seconds: { type: 'histogram', buckets: [0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 20], help: 'From the first piece of a snapshot to the loaded image, seconds.' },
  quorate_image_differing_replicas: { type: 'gauge', help: 'Replicas whose image sums up to another value than ours at the same offset; anything but 0 is an alarm. Where they fetch.' },
  // Controller. Source: Kafka's KafkaController metrics.
  kafka_controller_kafkacontroller_activecontrollercount: { type: 'gauge', help: 'One on the active controller, zero elsewhere.' },
  kafka_controller_kafkacontroller_activebrokercount: { type: 'gauge', help: 'Unfenced brokers.' },
  kafka_controller_kafkacontroller_fencedbrokercount: { type: 'gauge', help: 'Registered brokers that are fenced.' },
  kafka_controller_kafkacontroller_globaltopiccount: { type: 'gauge', help: 'Topics in the image.' },
  kafka_controller_kafkacontroller_globalpartitioncount: { type: 'gauge', help: 'Partitions in the image.' },
  kafka_controller_kafkacontroller_offlinepartitionscount: { type: 'gauge', help: 'Partitions without a leader.' },
  kafka_controller_kafkacontroller_metadataerrorcount: { type: 'gauge', help: 'Faults while deciding or applying records.' },
  kafka_controller_kafkacontroller_lastappliedrecordoffset: { type: 'gauge', help: 'Offset of the last record applied to the image.' },
  kafka_controller_kafkacontroller_newactivecontrollerscount: { type: 'gauge', help: 'Leader changes seen.' },
  kafka_controller_kafkacontroller_timedoutbrokerheartbeatcount: { type: 'gauge', help: 'Heartbeats that waited too long to be decided.' },
  quorate_controller_commands_total: { type: 'counter', labels: ['kind', 'outcome'], help: 'Commands answered.' },
  quorate_controller_command_duration_seconds: { type: 'histogram', labels: ['command', 'outcome'], buckets: [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2, 10], help: 'From the arrival of a command at the active controller to its answer, seconds.' },
  quorate_controller_queued_commands: { type: 'gauge', help: 'Commands that wait to be decided; on the active controller.' },
  // Followers of the metadata: brokers, gateway, exporter.
  kafka_server_brokermetadatametrics_last_applied_record_offset: { type: 'gauge', help: 'Offset of the last record applied.' },
  kafka_server_brokermetadatametrics_last_applied_record_lag_ms: { type: 'gauge', help: 'Age of the last record when it was applied, milliseconds.' },
  kafka_server_brokermetadatametrics_metadata_load_error_count: { type: 'gauge', help: 'Records that could not be applied.' },
  quorate_follower_path: { type: 'gauge', labels: ['path'], help: 'One for the path that new batches come by: feed or fetch.' },
  quorate_follower_batches_total: { type: 'counter', labels: ['path'], help: 'Batches applied, by the path they came.' },
  quorate_follower_dropped_total: { type: 'counter', labels: ['reason'], help: 'Messages of the feed that were dropped.' },
  quorate_follower_restarts_total: { type: 'counter', help: 'Times the image was read anew from offset 0.' },
  quorate_broker_state: { type: 'gauge', help: 'Kafka\'s broker state: 1 starting, 2 recovery, 3 running, 6 pending controlled shutdown, 7 shutting down.' },
  // Feed, active controller.
  quorate_feed_published_offset: { type: 'gauge', help: 'Lower bound of what is on the feed (exclusive offset), -1 when not leading.' },
  quorate_feed_connected: { type: 'gauge', help: 'Whether the NATS connection is up.' },
  // RPC, every server.
  quorate_rpc_calls_total: { type: 'counter', labels: ['method', 'code'], help: 'Unary calls answered, by gRPC status.' },
  quorate_rpc_call_duration_seconds: { type: 'histogram', labels: ['method'], buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5], help: 'Unary calls, seconds.' },
  // The cluster as one, on the exporter.
  quorate_cluster_active_controllers: { type: 'gauge', help: 'Controllers that say they lead the newest epoch; anything but one wants a look.' },
  quorate_cluster_reachable_controllers: { type: 'gauge', help: 'Controllers that can be reached.' },
  quorate_cluster_controllers: { type: 'gauge', help: 'Voters of the quorum.' },
  quorate_cluster_epoch: { type: 'gauge', help: 'Newest epoch that a controller tells of.' },
  quorate_cluster_high_watermark_offset: { type: 'gauge', help: 'High watermark of the leader (exclusive offset).' },
  quorate_cluster_replica_lag_records: { type: 'gauge', labels: ['replica', 'status'], help: 'Records that a voter or observer is behind the leader.' },
  quorate_cluster_replica_last_fetch_age_seconds: { type: 'gauge', labels: ['replica', 'status'], help: 'Since the leader last heard of a replica, seconds.' },
  quorate_cluster_brokers: { type: 'gauge', labels: ['state'], help: 'Registered brokers by state.' },
  quorate_cluster_topics: { type: 'gauge', help: 'Topics in the cluster.' },
  quorate_cluster_partitions: { type: 'gauge', help: 'Partitions of all topics.' },
  quorate_cluster_offline_partitions: { type: 'gauge', help: 'Partitions without a leader.' },
  quorate_cluster_log_start_offset: { type: 'gauge', help: 'First offset of the leader\'s log: what came before is in its snapshots alone.' },
  quorate_cluster_latest_snapshot_size_bytes: { type: 'gauge', help: 'Size of the leader\'s newest snapshot.' },
  quorate_cluster_latest_snapshot_age_seconds: { type: 'gauge', help: 'Since the last batch in the leader\'s newest snapshot was appended, seconds.' },
  quorate_cluster_differing_images: { type: 'gauge', help: 'Replicas whose image differs from the leader\'s at the same offset; anything but 0 is an alarm.' },
  quorate_cluster_elections: { type: 'gauge', labels: ['trigger', 'outcome'], help: 'Elections that the controllers remember.' },
  // Every process.
  quorate_late_timers_total: { type: 'counter', help: 'Deadlines that fired more than 50 ms late: the process or the machine stood still.' },
  quorate_build_info: { type: 'gauge', labels: ['version', 'app'], help: 'Always one.' },
} as const satisfies Record<string, MetricDefinition>;

export interface MetricDefinition {
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly help: string;
  readonly labels?: readonly string[];
  readonly buckets?: readonly number[];
}

export type MetricName = keyof typeof METRICS;
