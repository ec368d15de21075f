import type { ElectionState, RaftRequest, RaftResponse, Voter } from '@quorate/raft-core';
import type { EncodedBatch, NodeId, Uuid } from '@quorate/records';
import { requestsOf, uuidFromBytes } from '@quorate/records';
import { AcknowledgedIsNeverLost } from './checks/acknowledged-is-never-lost.js';
import { AtomicIsWhole } from './checks/atomic-is-whole.js';
import { CachesArePrefixes } from './checks/caches-are-prefixes.js';
import { CommitsBeginInOwnEpoch } from './checks/commits-begin-in-own-epoch.js';
import { CommittedIsNeverCut } from './checks/committed-is-never-cut.js';
import { DeliveredInOrder } from './checks/delivered-in-order.js';
import { EpochsNeverFall } from './checks/epochs-never-fall.js';
import { EqualOffsetEqualDigest } from './checks/equal-offset-equal-digest.js';
import { FlushedBeforeAcknowledged } from './checks/flushed-before-acknowledged.js';
import { HighWatermarkNeverFalls } from './checks/high-watermark-never-falls.js';
import { LeaderIsComplete } from './checks/leader-is-complete.js';
import { LeaderNeverLoads } from './checks/leader-never-loads.js';
import { Linearizable } from './checks/linearizable.js';
import { LogsAgree } from './checks/logs-agree.js';
import { MajorityHoldsCommitted } from './checks/majority-holds-committed.js';
import { OneLeaderPerEpoch } from './checks/one-leader-per-epoch.js';
import { OneVotePerEpoch } from './checks/one-vote-per-epoch.js';
import { OneVoterChangeAtATime } from './checks/one-voter-change-at-a-time.js';
import { QueueBounds } from './checks/queue-bounds.js';
import type { QueueSizes } from './checks/queue-bounds.js';
import { ReadsAreFresh } from './checks/reads-are-fresh.js';
import { RecoveredWhatWasFlushed } from './checks/recovered-what-was-flushed.js';
import { RepliesAreCommitted } from './checks/replies-are-committed.js';
import { ReplayEqualsImage } from './checks/replay-equals-image.js';
import { RequestAppliedOnce } from './checks/request-applied-once.js';
import { SnapshotAtLogStart } from './checks/snapshot-at-log-start.js';
import type { SeenSnapshot } from './checks/snapshot-at-log-start.js';
import { SnapshotEqualsReplay } from './checks/snapshot-equals-replay.js';
import { StableLeadership } from './checks/stable-leadership.js';
import { VotePersistedBeforeSent } from './checks/vote-persisted-before-sent.js';
import type { LogShadow } from './log-shadow.js';

/** Far above what a healthy node ever holds; a queue that grows for ever gets there. */
const BOUNDS: QueueSizes = { inputs: 5_000, parkedRequests: 2_000, queuedCommands: 5_000, pendingReplies: 20_000, uncommittedBatches: 2_000, waitingReads: 5_000 };

/** All the checks, fed with what happens in one world. A broken one throws a `Violation`. */
export class Invariants {
  readonly acknowledged = new AcknowledgedIsNeverLost();
  readonly atomic = new AtomicIsWhole();
  readonly history = new Linearizable();
  readonly reads = new ReadsAreFresh();
  readonly replay = new ReplayEqualsImage();
  readonly replies = new RepliesAreCommitted();
  readonly snapshotEqualsReplay = new SnapshotEqualsReplay();
  readonly #snapshotAtStart = new SnapshotAtLogStart();
  readonly #voterChanges = new OneVoterChangeAtATime();
  readonly #neverLoads = new LeaderNeverLoads();
  readonly #oneLeader = new OneLeaderPerEpoch();
  readonly #oneVote = new OneVotePerEpoch();
  readonly #epochs = new EpochsNeverFall();
  readonly #highWatermarks = new HighWatermarkNeverFalls();
  readonly #logsAgree = new LogsAgree();
  readonly #majority = new MajorityHoldsCommitted();
  readonly #ownEpoch = new CommitsBeginInOwnEpoch();
  readonly #complete = new LeaderIsComplete();
  readonly #acknowledgement = new FlushedBeforeAcknowledged();
  readonly #votePersisted = new VotePersistedBeforeSent();
  readonly #delivered = new DeliveredInOrder();
  readonly #neverCut = new CommittedIsNeverCut();
  readonly #recovered = new RecoveredWhatWasFlushed();
  readonly #digests = new EqualOffsetEqualDigest();
  readonly #appliedOnce = new RequestAppliedOnce();
  readonly #caches = new CachesArePrefixes();
  readonly #stable: StableLeadership;
  readonly #queues = new QueueBounds(BOUNDS);
  /** Shadows of all nodes' logs, by node. */
  readonly logs = new Map<number, LogShadow>();
  readonly #onDisk = new Map<number, ElectionState>();
  /** Directory id of the disk that each node has. */
  readonly #directories = new Map<number, Uuid>();
  /** What damaged disks held before. */
  readonly #beforeDamage = new Map<number, LogShadow>();
  readonly #committedBatches: EncodedBatch[] = [];
  /** What the disks of these directory ids held when they went away. */
  readonly #lastSeen = new Map<Uuid, LogShadow>();

  /** @param isCalm - nothing in this world disturbs a leader. */
  constructor(isCalm: boolean) {
    this.#stable = new StableLeadership(isCalm);
  }

  /** End of what any node has delivered as committed. */
  get committedEnd(): number {
    return this.#logsAgree.endOffset;
  }

  // ---- what nodes say --------------------------------------------------------------------------------------------------------

  requestSent(from: NodeId, request: RaftRequest): void {
    if (request.kind === 'fetch' && !request.committedOnly) {
      this.#acknowledgement.fetchSent(from, request.fetchOffset, this.logs.get(from)?.flushedEnd ?? 0);
    }
    if (request.kind === 'beginQuorumEpoch' || request.kind === 'endQuorumEpoch') this.#oneLeader.leads(request.leaderId, request.leaderEpoch);
    if (request.kind === 'vote' && !request.preVote) this.#voted(from, request.candidateEpoch, from);
  }

  replySent(from: NodeId, request: RaftRequest, response: RaftResponse): void {
    if (response.kind === 'fetch' && response.error === 'NONE' && response.highWatermark !== undefined) this.#announced(from, response.highWatermark, response.leaderEpoch);
    if (response.leaderId !== undefined) this.#oneLeader.leads(response.leaderId, response.leaderEpoch);
    if (request.kind === 'vote' && response.kind === 'vote' && response.granted && !request.preVote) {
      this.#voted(from, request.candidateEpoch, request.candidate.id);
    }
  }

  /** A leader may tell others what is committed before its own state machine has it. */
  #announced(leader: NodeId, highWatermark: number, epoch: number): void {
    const log = this.logs.get(leader)!;
    while (this.committedEnd < highWatermark) {
      const batch = log.batchBefore(this.committedEnd + 1);
      if (batch === undefined) return; // its own check says so when the state machine is given it
      this.#complete.committed(batch, epoch);
      this.#logsAgree.delivered(leader, batch);
    }
  }

  #voted(voter: NodeId, epoch: number, candidateId: NodeId): void {
    const onDisk = this.#onDisk.get(voter);
    this.#votePersisted.sent(voter, { epoch, candidateId }, onDisk && { epoch: onDisk.epoch, votedId: onDisk.votedKey?.id });
    this.#oneVote.granted(`${voter} on ${this.#directories.get(voter)}`, epoch, candidateId);
  }

  // ---- what nodes are --------------------------------------------------------------------------------------------------------

  /** A voter of the cluster, by the disk that it was formatted on. */
  voterIs(id: NodeId, directoryId: Uuid): void {
    this.#directories.set(id, directoryId);
  }

  /** What was on the node's disk is gone, or older than it was: nothing that it promised holds for it any more. */
  diskReplaced(id: NodeId): void {
    const directoryId = this.#directories.get(id);
    const log = this.logs.get(id);
    if (directoryId !== undefined && log !== undefined) this.#lastSeen.set(directoryId, log);
    this.logs.delete(id);
    this.#onDisk.delete(id);
    this.#epochs.forgotten(id);
  }

  /** What was on the disk is not all there any more; the node knows it, and promises nothing until it has it again. */
  damageFound(id: NodeId): void {
    const log = this.logs.get(id);
    if (log !== undefined) this.#beforeDamage.set(id, log);
    this.logs.delete(id);
  }

  started(id: NodeId, found: { readonly directoryId: Uuid; readonly election: ElectionState | undefined; readonly shadow: LogShadow }): void {
    this.#directories.set(id, found.directoryId);
    this.#lastSeen.delete(found.directoryId);
    const before = this.logs.get(id);
    if (before !== undefined) this.#recovered.recovered(id, before, found.shadow);
    this.logs.set(id, found.shadow);
    this.#epochs.restarted(id, found.election?.epoch ?? 0);
    if (found.election !== undefined) this.#onDisk.set(id, found.election);
    this.#highWatermarks.restarted(id);
    this.#delivered.restarted(id, 0);
    this.#neverLoads.renounced(id);
  }

  persisted(id: NodeId, state: ElectionState): void {
    this.#epochs.persisted(id, state.epoch);
    this.#onDisk.set(id, state);
    if (state.leaderId !== undefined) this.#oneLeader.leads(state.leaderId, state.epoch);
  }

  becameLeader(id: NodeId, epoch: number): void {
    this.#oneLeader.leads(id, epoch);
    this.#complete.elected(id, epoch, this.logs.get(id)!);
  }

  /** Called when a node's epoch or high watermark may have moved. */
  state(id: NodeId, state: { readonly epoch: number; readonly highWatermark: number }): void {
    this.#epochs.runs(id, state.epoch);
    this.#highWatermarks.observed(id, state.highWatermark);
  }

  /** @param leads - where its epoch began, and the voters that it counts. */
  leaderAdvanced(id: NodeId, highWatermark: number, { epochStartOffset, voters, committedVoters }: { readonly epochStartOffset: number; readonly voters: readonly Voter[]; readonly committedVoters: readonly Voter[] }): void {
    this.#voterChanges.check(id, voters, committedVoters);
    this.#ownEpoch.leaderAdvanced(id, highWatermark, epochStartOffset);
    // The log of a replica that has taken a voter's place under its node id is not that voter's. What a disk held that is
    // gone or damaged was held when it was acknowledged: fewer than half are ever lost, so one of any majority still holds it.
    const logOf = (voter: Voter): LogShadow | undefined => (this.#directories.get(voter.id) === voter.directoryId ? this.logs.get(voter.id) : undefined) ?? this.#lastSeen.get(voter.directoryId);
    const asAcknowledged = (voter: Voter): LogShadow | undefined => {
      const log = logOf(voter);
      const before = this.#beforeDamage.get(voter.id);
      return before !== undefined && (log === undefined || log.flushedEnd < highWatermark) ? before : log;
    };
    const ofVoters = new Map(voters.map((voter) => [voter.id, asAcknowledged(voter)]));
    this.#majority.leaderAdvanced(id, highWatermark, this.logs.get(id), ofVoters);
  }

  truncated(id: NodeId, endOffset: number, highWatermark: number): void {
    this.#neverCut.truncated(id, endOffset, highWatermark);
  }

  queues(id: NodeId, sizes: QueueSizes): void {
    this.#queues.check(id, sizes);
  }

  // ---- what the state machine gets ---------------------------------------------------------------------------------------------

  /** @param epoch - that the node is in. */
  delivered(id: NodeId, batches: readonly EncodedBatch[], highWatermark: number, epoch: number): void {
    for (const batch of batches) {
      this.#delivered.delivered(id, batch.baseOffset, batch.endOffset, highWatermark);
      if (batch.baseOffset === (this.#committedBatches.at(-1)?.endOffset ?? 0)) this.#committedBatches.push(batch);
      const { baseOffset, endOffset, checksum } = batch;
      const shadow = { baseOffset, endOffset, epoch: batch.epoch, checksum };
      if (baseOffset === this.committedEnd) this.#complete.committed(shadow, epoch);
      this.#logsAgree.delivered(id, shadow);
      if (!batch.isControl) for (const { requestId } of requestsOf(batch)) this.#appliedOnce.committed(uuidFromBytes(requestId), baseOffset);
    }
  }

  /** Everything that was committed, from the beginning, whatever logs still hold of it. */
  get committedBatches(): readonly EncodedBatch[] {
    return this.#committedBatches;
  }

  /** A node's snapshots, or where its log begins, have changed. */
  snapshots(id: NodeId, snapshots: readonly SeenSnapshot[]): void {
    const log = this.logs.get(id);
    if (log !== undefined) this.#snapshotAtStart.check(id, log, snapshots, (endOffset) => this.#logsAgree.batchBefore(endOffset));
  }

  snapshotLoads(id: NodeId, endOffset: number): void {
    this.#neverLoads.loads(id, endOffset);
    this.#delivered.loaded(id, endOffset);
  }

  renounced(id: NodeId): void {
    this.#neverLoads.renounced(id);
  }

  cacheRestarted(id: NodeId): void {
    this.#caches.restarted(id);
  }

  /** A snapshot took the place of what the cache had. */
  cacheLoaded(id: NodeId, { endOffset, chainChecksum }: { readonly endOffset: number; readonly chainChecksum: number }): void {
    this.#caches.loaded(id, { endOffset, checksum: chainChecksum }, this.#logsAgree.batchBefore(endOffset));
  }

  cacheApplied(id: NodeId, { baseOffset, endOffset, epoch, checksum }: EncodedBatch): void {
    this.#caches.applied(id, { baseOffset, endOffset, epoch, checksum }, this.#logsAgree.batchAt(baseOffset));
  }

  cacheStartedOver(id: NodeId, reason: string): void {
    this.#caches.startedOver(id, reason);
  }

  claimed(id: NodeId, epoch: number, epochStartOffset: number): void {
    this.#stable.claimed(id, epoch);
    this.#delivered.claimed(id, epochStartOffset);
    this.#neverLoads.claimed(id);
  }

  imageAt(id: NodeId, stableOffset: number, digest: string): void {
    this.#digests.observed(id, stableOffset, digest);
  }
}
