import type { Epoch, NodeId, Offset, Uuid } from '@quorate/records';
import type { RaftCoreConfig } from './config.js';
import type { ElectionState } from './election-state.js';
import type { LeaderHint } from './messages.js';
import { KRaftVersionHistory } from './kraft-version-history.js';
import { Outbox } from './outbox.js';
import type { Endpoint } from './replica-key.js';
import { ReplicatedLog } from './replicated-log.js';
import { RequestTable } from './request-table.js';
import type { KnownLeader, Role, Standing } from './role.js';
import type { ElectionTrigger } from './core-event.js';
import type { SnapshotDownload } from './snapshot-download.js';
import type { Verification } from './verify-copies.js';
import { VoterSetHistory } from './voter-set-history.js';
import type { VoterSet } from './voter-set.js';

/** A replica whose disk is known. */
export interface SelfKey {
  readonly id: NodeId;
  readonly directoryId: Uuid;
}

/**
 * Everything that a core remembers, passed to the functions of each role and RPC. Only they change it, and only within
 * one `step`; the role itself is replaced in `transitions.ts` alone.
 */
export interface CoreState {
  readonly config: RaftCoreConfig;
  readonly self: SelfKey;
  /** Time of the present step. */
  nowMs: number;
  role: Role;
  election: ElectionState;
  readonly log: ReplicatedLog;
  readonly voters: VoterSetHistory;
  readonly kraftVersions: KRaftVersionHistory;
  /** The highest this node has ever announced to its state machine; survives every change of role. */
  highWatermark: Offset | undefined;
  /** A snapshot that is being fetched. */
  download: SnapshotDownload | undefined;
  /** This log is, or was lately, read from disk because another one differs from it. */
  verification: Verification | undefined;
  readonly outbox: Outbox;
  readonly requests: RequestTable;
  /** Rounds lost since a leader was last heard. */
  lostRounds: number;
  /** After granting: not to stand before this. */
  notBeforeMs: number;
  lastLeaderContactMs: number | undefined;
  previousLeaderId: NodeId | undefined;
  /** Nothing that can be avoided may be appended: this node neither leads nor stands. */
  diskFull: boolean;
  shutdown: 'no' | 'begun' | 'complete';
  shutdownDeadlineMs: number;
  /** What `leaderChanged` said last. */
  announcedLeader: { readonly epoch: Epoch; readonly leaderId: NodeId | undefined } | undefined;
  /** Whose turn it is among the discovery addresses. */
  discoveryTurn: number;
  /** When the connection to the leader was last asked to be checked. */
  connectionCheckedMs: number;
}

const PRIMORDIAL: ElectionState = { epoch: 0 as Epoch, leaderId: undefined, votedKey: undefined };

export function newCoreState(config: RaftCoreConfig): CoreState {
  return {
    config,
    self: { id: config.self.id, directoryId: config.self.directoryId },
    nowMs: 0,
    role: {
      kind: 'unattached',
      standing: { atMs: Infinity, waitMs: 0, trigger: 'start-up' },
      fetcher: { nextMs: Infinity, failures: 0, askAround: false },
    },
    election: config.electionState ?? PRIMORDIAL,
    log: new ReplicatedLog(config.log),
    voters: new VoterSetHistory(config.voterSets),
    kraftVersions: new KRaftVersionHistory(config.kraftVersion),
    highWatermark: config.log.latestSnapshot?.endOffset,
    download: undefined,
    verification: undefined,
    outbox: new Outbox(),
    requests: new RequestTable(),
    lostRounds: 0,
    notBeforeMs: -Infinity,
    lastLeaderContactMs: undefined,
    previousLeaderId: undefined,
    diskFull: false,
    shutdown: 'no',
    shutdownDeadlineMs: Infinity,
    announcedLeader: undefined,
    discoveryTurn: Math.floor(config.random() * 1000),
    connectionCheckedMs: -Infinity,
  };
}

export function voterSet(core: CoreState): VoterSet {
  return core.voters.latest;
}

export function isVoter(core: CoreState): boolean {
  return voterSet(core).has(core.self);
}

/** Whether this node may begin an election: observers never do (KAFKA-17067), nor does one that repairs its log or reads it again, leaves, or could not write what a leader writes. */
export function canStand(core: CoreState): boolean {
  return (isVoter(core) || isBeingRemoved(core)) && !core.log.recovering && !isVerifying(core) && !core.diskFull && core.shutdown === 'no';
}

/**
 * The set in force takes this node out, and as far as it knows that is not committed. It may be the only one that has the
 * record: then it refuses everybody else, whose logs are behind, and nobody could ever lead if it did not stand itself. It
 * asks the voters of the new set for their votes and counts none of its own; when it wins it commits the record and goes.
 * Source: Ongaro's thesis 4.2.2; Kafka lets such a node be an observer. Pinned by testdata/20-the-removed-must-finish.txt.
 */
export function isBeingRemoved(core: CoreState): boolean {
  const { voters, highWatermark, self } = core;
  return !voters.latest.has(self) && voters.previous?.has(self) === true && (voters.latestOffset ?? -1) >= (highWatermark ?? 0);
}

/** Whether this node does not know yet what its log is worth. */
export function isVerifying({ verification }: CoreState): boolean {
  return verification !== undefined && verification.wholeAtMs === undefined;
}

/** Where that leader listens: as it said itself, else as the voter set says; undefined when neither does. */
export function locateLeader(core: CoreState, leaderId: NodeId, said: readonly Endpoint[]): KnownLeader | undefined {
  const endpoints = said.length > 0 ? said : voterSet(core).endpointsOf(leaderId);
  return endpoints.length > 0 ? { id: leaderId, endpoints } : undefined;
}

/** Who leads as far as we know. One that led this epoch itself and does not any more names nobody: it must not be followed. */
export function knownLeaderId(core: CoreState): NodeId | undefined {
  const { leaderId } = core.election;
  return leaderId === core.self.id && core.role.kind !== 'leader' ? undefined : leaderId;
}

/** The leader as this node tells it to others, so that any answer doubles as leader discovery. */
export function leaderHint(core: CoreState): LeaderHint {
  const leaderEpoch = core.election.epoch;
  const { role } = core;
  const leaderId = knownLeaderId(core);
  if (leaderId === undefined) return { leaderId, leaderEpoch, leaderEndpoints: [] };
  return { leaderId, leaderEpoch, leaderEndpoints: leaderEndpoints(core, role, leaderId) };
}

function leaderEndpoints(core: CoreState, role: Role, leaderId: NodeId): readonly Endpoint[] {
  if (role.kind === 'leader') return core.config.self.endpoints;
  if (role.kind === 'follower') return role.leader.endpoints;
  if (role.kind === 'prospective' && role.leader !== undefined) return role.leader.endpoints;
  return voterSet(core).endpointsOf(leaderId);
}

/** Plans to stand after `delayMs`, or later if this node has just granted to another. */
export function standAfter(core: CoreState, trigger: ElectionTrigger, delayMs: number): Standing {
  const atMs = Math.max(core.nowMs + delayMs, core.notBeforeMs);
  return { atMs, waitMs: atMs - core.nowMs, trigger };
}

/** Something to tell people, by the names of the telemetry list. */
export function describeEvent(
  core: CoreState,
  level: 'debug' | 'info' | 'warn' | 'error',
  name: string,
  attributes: Readonly<Record<string, string | number | boolean>>,
): void {
  core.outbox.event({ kind: 'described', name, level, attributes: { epoch: core.election.epoch, ...attributes } });
}
