import type { ControlRecord, EncodedBatch, Offset } from '@quorate/records';
import { describeEvent, isVoter, voterSet, type CoreState } from './core-state.js';
import { earliest } from './deadlines.js';
import { beginQuorumIntervalMs, retryBackoffMs } from './election-timing.js';
import { endEpochNow, endEpochWhenReady } from './hand-over.js';
import { leaderHealthDeadlineMs, tickLeaderHealth, watchLeaderHealth } from './leader-health.js';
import { advanceHighWatermark, answerExpired, answerReaders, answerVoters, parkedDeadlineMs } from './leader-replication.js';
import type { OpenRequest } from './request-table.js';
import type { ReplicaKey, Voter } from './replica-key.js';
import { announceVoters } from './replicate.js';
import { sendRequest } from './requests-out.js';
import type { Announcement, LeaderRole } from './role.js';
import { becomeLeader } from './transitions.js';
import { expireVoterChange } from './voter-change.js';
import { SUPPORTED_KRAFT_VERSIONS, sameVoter, type VoterSet } from './voter-set.js';
import { kraftVersionRecord, leaderChangeRecord, votersRecord } from './voters-record.js';

/**
 * Begins an epoch as its leader: one control batch that says so. Nothing is committed, and nobody is told that we are ready,
 * before that batch is.
 */
export function lead(core: CoreState, grantingVoters: readonly ReplicaKey[]): void {
  becomeLeader(core, grantingVoters);
  core.lostRounds = 0;
  appendFirstBatch(core, grantingVoters);
  if (core.role.kind === 'leader') advanceHighWatermark(core, core.role);
}

/**
 * LeaderChange; the bootstrap checkpoint's kraft.version and voters when they are not in the log yet; our own entry when it
 * is out of date. Source: KIP-595, KIP-853.
 */
function appendFirstBatch(core: CoreState, grantingVoters: readonly ReplicaKey[]): void {
  const { config, log, voters, election } = core;
  const baseOffset = log.endOffset;
  const before = voters.latest;
  const set = withOwnEntry(core, before);
  const records: ControlRecord[] = [leaderChangeRecord(core.self.id, before, grantingVoters)];
  const fromBootstrap = voters.latestOffset === undefined;
  if (fromBootstrap) records.push(kraftVersionRecord(config.kraftVersion));
  if (fromBootstrap || !set.equals(before)) {
    voters.append((baseOffset + records.length) as Offset, set);
    records.push(votersRecord(set));
  }
  log.append(election.epoch, records.length);
  core.outbox.emit({ kind: 'appendControl', epoch: election.epoch, baseOffset, records });
  announceVoters(core, before);
}

function withOwnEntry(core: CoreState, set: VoterSet): VoterSet {
  const stored = set.find(core.self.id);
  const { endpoints } = core.config.self;
  if (stored === undefined || !isVoter(core) || endpoints.length === 0) return set;
  const own: Voter = { ...stored, endpoints, kraftVersion: SUPPORTED_KRAFT_VERSIONS };
  return sameVoter(stored, own) ? set : set.withEntry(own);
}

/** The controller's batch: appended if it continues our log in our epoch and the epoch is not being handed over. */
export function propose(core: CoreState, batch: EncodedBatch): void {
  const { role, log, election } = core;
  const refuse = (reason: 'not-leader' | 'wrong-epoch' | 'wrong-offset') => core.outbox.emit({ kind: 'proposalRefused', batch, reason });
  if (role.kind !== 'leader' || role.handOver !== undefined) return refuse('not-leader');
  if (batch.epoch !== election.epoch) return refuse('wrong-epoch');
  if (batch.baseOffset !== log.endOffset || batch.isControl) return refuse('wrong-offset');
  log.append(batch.epoch, batch.recordCount);
  core.outbox.emit({ kind: 'append', batches: [batch] });
  answerVoters(core, role);
}

export function tickLeader(core: CoreState, role: LeaderRole): void {
  const { nowMs } = core;
  answerExpired(core, role);
  answerReaders(core, role);
  expireVoterChange(core, role);
  endEpochWhenReady(core);
  if (core.role === role) tickLeaderHealth(core, role);
  if (core.role !== role || isAlone(core) || role.checkQuorumMs > nowMs) return;
  loseQuorum(core, role);
}

/** Check-quorum: the window has passed without a majority. */
export function loseQuorum(core: CoreState, role: LeaderRole): void {
  const heard = [...role.heard].join(',');
  describeEvent(core, 'warn', 'raft.quorum.lost', { heard, voters: voterSet(core).size });
  endEpochNow(core, 'check-quorum', 'a majority has stopped fetching');
}

/** Tells every voter that does not fetch who leads, at once and then again and again (KIP-595, KAFKA-16926). */
export function driveLeader(core: CoreState, role: LeaderRole): void {
  watchLeaderHealth(core, role);
  const { nowMs, config } = core;
  const intervalMs = beginQuorumIntervalMs(config.timers.fetchTimeoutMs);
  for (const voter of voterSet(core).others(core.self.id)) {
    const announcement = announcementTo(role, voter);
    const lastFetchMs = role.voters.get(voter.id)?.lastFetchMs;
    if (lastFetchMs !== undefined) announcement.nextMs = Math.max(announcement.nextMs, lastFetchMs + intervalMs);
    if (announcement.nextMs > nowMs) continue;
    announcement.nextMs = nowMs + intervalMs;
    const { cluster, self } = config;
    const to = { id: voter.id, directoryId: voter.directoryId };
    sendRequest(core, voter, {
      kind: 'beginQuorumEpoch', ...cluster, voter: to, leaderId: self.id, leaderEpoch: core.election.epoch, leaderEndpoints: self.endpoints,
    });
  }
}

/** A voter could not be told: again soon, but not more often than each interval in the long run. */
export function beginFailed(core: CoreState, role: LeaderRole, open: OpenRequest): void {
  const announcement = role.announcements.get(open.to);
  if (announcement === undefined) return;
  announcement.failures += 1;
  announcement.nextMs = Math.min(announcement.nextMs, core.nowMs + retryBackoffMs(announcement.failures));
}

export function leaderDeadlineMs(core: CoreState, role: LeaderRole): number | undefined {
  const announcements = voterSet(core).others(core.self.id).map((voter) => announcementTo(role, voter).nextMs);
  const health = leaderHealthDeadlineMs(core, role);
  return earliest(health, parkedDeadlineMs(role), role.handOver?.untilMs, role.voterChange?.deadlineMs, isAlone(core) ? undefined : role.checkQuorumMs, ...announcements);
}

function announcementTo(role: LeaderRole, voter: Voter): Announcement {
  const known = role.announcements.get(voter.id);
  if (known !== undefined) return known;
  const made: Announcement = { nextMs: -Infinity, failures: 0 };
  role.announcements.set(voter.id, made);
  return made;
}

/** A quorum of one never loses its majority. */
function isAlone(core: CoreState): boolean {
  return voterSet(core).isOnly(core.self);
}
