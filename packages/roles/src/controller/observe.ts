import type { ControllerEvent } from '@quorate/controller-node';
import { describeElection, type CoreEvent } from '@quorate/raft-core';
import { EventRecorder, type Logger, type LogLevel, type Metrics } from '@quorate/telemetry';
import { SnapshotMetrics } from './snapshot-metrics.js';

export interface ControllerObservers {
  readonly raft: (event: CoreEvent) => void;
  readonly controller: (event: ControllerEvent) => void;
}

type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Turns what the cores and loops tell into log lines and metrics. Transitions at info and above, messages at debug. */
export function controllerObservers(logger: Logger, metrics: Metrics): ControllerObservers {
  const recorder = new EventRecorder(logger);
  const snapshots = new SnapshotMetrics(metrics);
  let metadataErrors = 0;
  metrics.gauge('kafka_controller_kafkacontroller_metadataerrorcount', () => metadataErrors);
  const record = (name: string, level: LogLevel, attributes: Attributes): void => recorder.record({ name, level, attributes });

  return {
    raft: (event) => {
      switch (event.kind) {
        case 'described':
          return recorder.record(event);
        case 'roleChanged':
          return record('raft.role-changed', 'info', { from: event.from, role: event.to, epoch: event.epoch, ...given('leader', event.leaderId), reason: event.reason });
        case 'voteCast':
          return record('raft.vote-cast', 'info', { peer: event.candidateId, epoch: event.epoch, preVote: event.preVote, granted: event.granted, ...given('refusal', event.refusal) });
        case 'electionEnded': {
          const { election } = event;
          metrics.count('quorate_quorum_elections_total', { trigger: election.trigger, outcome: election.outcome });
          metrics.observe('quorate_quorum_election_duration_seconds', (election.endedMs - election.startedMs) / 1000);
          return record('raft.election-ended', 'info', { epoch: election.epoch, outcome: election.outcome, trigger: election.trigger, attempt: election.attempt, summary: describeElection(election) });
        }
        case 'leaderCommitted':
          return record('raft.leader-committed', 'info', { epoch: event.epoch, offset: event.offset });
      }
    },
    controller: (event) => {
      snapshots.handle(event);
      switch (event.kind) {
        case 'claimed':
          return record('controller.claimed', 'warn', { epoch: event.epoch, offset: event.epochStartOffset });
        case 'activated':
          return record('controller.activated', 'info', { epoch: event.epoch, summary: event.summary });
        case 'renounced':
          return record('controller.renounced', 'warn', { epoch: event.epoch, reason: event.reason });
        case 'batchProposed':
          return record('controller.batch-proposed', 'debug', { offset: event.baseOffset, endOffset: event.endOffset, bytes: event.bytes, commands: event.commands });
        case 'proposalRefused':
          return record('controller.proposal-refused', 'warn', { offset: event.baseOffset, reason: event.reason });
        case 'commandAnswered':
          metrics.count('quorate_controller_commands_total', { kind: event.command, outcome: event.outcome });
          return metrics.observe('quorate_controller_command_duration_seconds', event.totalMs / 1000, { command: event.command, outcome: event.outcome });
        case 'poisonCommand':
          metadataErrors += 1;
          return record('controller.poison-command', 'error', { command: event.command, ...given('requestId', event.requestId), message: event.message });
        case 'snapshotBegun':
          return record('snapshot.begun', 'debug', { reason: event.reason, offset: event.endOffset, epoch: event.epoch });
        case 'snapshotMade':
          return record('snapshot.made', 'info', {
            reason: event.reason, offset: event.endOffset, epoch: event.epoch, bytes: event.bytes, records: event.records, durationMs: Math.round(event.durationMs), longestSliceMs: Number(event.longestSliceMs.toFixed(2)),
          });
        case 'snapshotRefused':
          return record('snapshot.refused', event.refusal === 'no-space' ? 'warn' : 'info', { reason: event.reason, offset: event.endOffset, epoch: event.epoch, refusal: event.refusal });
        case 'snapshotGivenUp':
          return record('snapshot.given-up', 'info', { reason: event.reason, offset: event.endOffset, epoch: event.epoch });
        case 'snapshotLoaded':
          return record('snapshot.loaded', 'info', { offset: event.endOffset, epoch: event.epoch, records: event.records, durationMs: Math.round(event.durationMs) });
      }
    },
  };
}

function given(key: string, value: string | number | undefined): Attributes {
  return value === undefined ? {} : { [key]: value };
}
