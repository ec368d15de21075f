import type { ControllerNode } from '@quorate/controller-node';
import type { RaftStatus, RoleKind } from '@quorate/raft-core';
import type { RaftNode } from '@quorate/raft-node';
import type { Metrics } from '@quorate/telemetry';
import type { ControllerFeed } from './feed.js';

export interface ControllerMetricsOptions {
  readonly metrics: Metrics;
  readonly raft: Pick<RaftNode, 'status'>;
  readonly controller: ControllerNode;
  readonly logSizeBytes: () => number;
  readonly feed: ControllerFeed | undefined;
  readonly digests: { readonly differing: number };
}

const ROLES: readonly RoleKind[] = ['unattached', 'prospective', 'candidate', 'leader', 'follower', 'resigned'];

/** A controller's own metrics. A standby shows its own values, not 0: a lagging one must be seen. */
export function registerControllerMetrics({ metrics, raft, controller, logSizeBytes, feed, digests }: ControllerMetricsOptions): void {
  const { image } = controller;
  const status = (): RaftStatus => raft.status();
  metrics.gauge('kafka_server_raftmetrics_current_state', () => {
    const { role } = status();
    return ROLES.map((each) => ({ labels: { current_state: each }, value: each === role ? 1 : 0 }));
  });
  metrics.gauge('kafka_server_raftmetrics_current_leader', () => status().leaderId ?? -1);
  metrics.gauge('kafka_server_raftmetrics_current_vote', () => status().votedKey?.id ?? -1);
  metrics.gauge('kafka_server_raftmetrics_current_epoch', () => status().epoch);
  metrics.gauge('kafka_server_raftmetrics_high_watermark', () => status().highWatermark ?? -1);
  metrics.gauge('kafka_server_raftmetrics_log_end_offset', () => status().logEndOffset);
  metrics.gauge('kafka_server_raftmetrics_log_end_epoch', () => status().lastEpoch);
  metrics.gauge('kafka_server_raftmetrics_number_of_voters', () => status().voters.length);
  metrics.gauge('kafka_server_raftmetrics_uncommitted_voter_change', () => (hasUncommittedVoters(status()) ? 1 : 0));
  metrics.gauge('kafka_server_raftmetrics_number_of_observers', () => status().replicas.filter(({ isVoter }) => !isVoter).length);
  metrics.gauge('quorate_quorum_flushed_offset', () => status().flushedOffset);
  metrics.gauge('quorate_quorum_replica_lag_records', () => {
    const { replicas, logEndOffset } = status();
    return replicas.flatMap((replica) => (replica.logEndOffset === undefined ? [] : [{ labels: { replica: replica.id }, value: logEndOffset - replica.logEndOffset }]));
  });
  metrics.gauge('quorate_log_size_bytes', logSizeBytes);
  metrics.gauge('quorate_image_differing_replicas', () => digests.differing);

  metrics.gauge('kafka_controller_kafkacontroller_activecontrollercount', () => (controller.activeEpoch === undefined ? 0 : 1));
  metrics.gauge('kafka_controller_kafkacontroller_activebrokercount', () => [...image.brokers()].filter(({ fenced }) => !fenced).length);
  metrics.gauge('kafka_controller_kafkacontroller_fencedbrokercount', () => [...image.brokers()].filter(({ fenced }) => fenced).length);
  metrics.gauge('kafka_controller_kafkacontroller_globaltopiccount', () => image.topicCount);
  metrics.gauge('kafka_controller_kafkacontroller_globalpartitioncount', () => image.partitionCount);
  metrics.gauge('kafka_controller_kafkacontroller_offlinepartitionscount', () => [...image.partitionsWithoutLeader()].length);
  metrics.gauge('kafka_controller_kafkacontroller_lastappliedrecordoffset', () => image.appliedOffset - 1);
  metrics.gauge('quorate_controller_queued_commands', () => controller.active?.queuedCommands ?? 0);
  if (feed !== undefined) {
    metrics.gauge('quorate_feed_published_offset', () => feed.publishedOffset() ?? -1);
    metrics.gauge('quorate_feed_connected', () => (feed.isUp ? 1 : 0));
  }
}

function hasUncommittedVoters({ role, votersOffset, leaderHighWatermark }: RaftStatus): boolean {
  return role === 'leader' && votersOffset !== undefined && votersOffset >= (leaderHighWatermark ?? 0);
}
