import type { Offset } from '@quorate/records';
import { assert } from './assert.js';
import { describeEvent, voterSet, type CoreState } from './core-state.js';
import type { Input } from './input.js';
import type { SnapshotId } from './messages.js';
import type { Voter } from './replica-key.js';
import { announceVoters } from './replicate.js';
import { VoterSet } from './voter-set.js';

/** Why no snapshot is made at that point. All but the last are also found by KIP-630. */
export type SnapshotPointRefusal =
  /** It lies before the log's start, or a snapshot that holds as much is there. */
  | 'nothing-new'
  | 'not-committed'
  /** The log's last record before that point is of another epoch. */
  | 'wrong-epoch';

/** What a snapshot says of Raft itself. */
export interface RaftContent {
  readonly voters: readonly Voter[];
  readonly kraftVersion: number;
}

/** Says whether a snapshot may be made of everything before `id.endOffset`, and what it then has to say of Raft. Source: KIP-630, KIP-853. */
export function decideSnapshot(core: CoreState, id: SnapshotId): SnapshotPointRefusal | RaftContent {
  const { log } = core;
  const newest = Math.max(log.latestSnapshot?.endOffset ?? 0, log.startOffset);
  if (id.endOffset <= newest) return 'nothing-new';
  if (id.endOffset > (core.highWatermark ?? 0) || id.endOffset > log.endOffset) return 'not-committed';
  if (log.epochs.epochAt((id.endOffset - 1) as Offset) !== id.epoch) return 'wrong-epoch';
  return { voters: core.voters.asOf(id.endOffset).set.voters, kraftVersion: core.kraftVersions.asOf(id.endOffset) };
}

/** This node has made a snapshot of its own. */
export function takeSnapshotCreated(core: CoreState, id: SnapshotId): void {
  assert(id.endOffset <= (core.highWatermark ?? 0), `a snapshot of ${id.endOffset} records, of which ${core.highWatermark ?? 0} are committed`);
  core.log.snapshotCreated(id);
  describeEvent(core, 'info', 'raft.snapshot.created', { offset: id.endOffset, lastEpoch: id.epoch });
}

/** What lies before `startOffset` is about to be deleted: nobody is to be promised it any more. */
export function takeLogStart(core: CoreState, startOffset: Offset): void {
  assert(startOffset <= (core.highWatermark ?? 0), `the log cannot begin at ${startOffset}, beyond the high watermark ${core.highWatermark ?? 0}`);
  core.log.advanceStart(startOffset);
  core.voters.trim(startOffset);
  describeEvent(core, 'info', 'raft.log.start.advanced', { offset: startOffset });
}

/** A fetched snapshot is in force: the log begins again behind it, and so does what was known of voters (KIP-630). */
export function takeInstalled(core: CoreState, input: Extract<Input, { kind: 'snapshotInstalled' }>): void {
  const { snapshotId, voters, kraftVersion } = input;
  const { endOffset } = snapshotId;
  assert(core.role.kind !== 'leader', 'a leader installs no snapshot');
  assert(core.log.recovering || endOffset >= (core.highWatermark ?? 0), `a snapshot up to ${endOffset} does not hold all that is committed, ${core.highWatermark ?? 0}`);
  const before = voterSet(core);
  core.log.beginAt(snapshotId, input.generation);
  core.voters.beginAt(endOffset, voters === undefined ? undefined : new VoterSet(voters));
  core.kraftVersions.beginAt(kraftVersion);
  announceVoters(core, before);
  core.download = undefined;
  describeEvent(core, 'info', 'raft.snapshot.installed', { offset: endOffset, lastEpoch: snapshotId.epoch });
  if (endOffset <= (core.highWatermark ?? 0)) return;
  core.highWatermark = endOffset;
  core.outbox.emit({ kind: 'advanceHighWatermark', highWatermark: endOffset });
}
