import { decodeControlRecord, forEachRecord, type EncodedBatch, type Offset } from '@quorate/records';
import type { Recovery } from './config.js';
import { describeEvent, isVoter, voterSet, type CoreState } from './core-state.js';
import { upkeepPeriodMs } from './election-timing.js';
import { VoterSet, describeVoters } from './voter-set.js';
import { votersFromRecord } from './voters-record.js';

/**
 * Appends what was fetched, as far as it continues this log: offsets without a gap, each batch chained to the one before,
 * epochs that do not fall and are not newer than ours. The rest is dropped, said, and fetched again (KAFKA-18723).
 *
 * @returns whether anything was appended.
 */
export function appendReplicated(core: CoreState, fetched: readonly EncodedBatch[]): boolean {
  const batches = continuingPrefix(core, fetched);
  if (batches.length < fetched.length) {
    describeEvent(core, 'warn', 'raft.fetch.dropped', { offset: core.log.endOffset, batches: fetched.length - batches.length });
  }
  if (batches.length === 0) return false;
  core.outbox.emit({ kind: 'append', batches });
  for (const batch of batches) {
    core.log.append(batch.epoch, batch.recordCount);
    if (batch.isControl) replayControl(core, batch);
  }
  return true;
}

function continuingPrefix(core: CoreState, fetched: readonly EncodedBatch[]): readonly EncodedBatch[] {
  let { endOffset, lastEpoch } = core.log;
  let checksum: number | undefined;
  const end = fetched.findIndex((batch) => {
    const continues =
      batch.baseOffset === endOffset &&
      batch.endOffset === batch.baseOffset + batch.recordCount &&
      batch.epoch >= lastEpoch &&
      batch.epoch <= core.election.epoch &&
      (checksum === undefined || batch.previousChecksum === checksum);
    ({ endOffset, checksum } = batch);
    lastEpoch = batch.epoch;
    return !continues;
  });
  return end === -1 ? fetched : fetched.slice(0, end);
}

/** A voter set is in force from the moment it is appended (KIP-853). */
function replayControl(core: CoreState, batch: EncodedBatch): void {
  forEachRecord(batch, (raw, offset) => {
    const record = decodeControlRecord(raw);
    if (record.kind === 'KRaftVersion') core.kraftVersions.append(offset, record.value.kraftVersion);
    if (record.kind === 'KRaftVoters') putVoters(core, offset, new VoterSet(votersFromRecord(record.value)));
  });
}

export function putVoters(core: CoreState, offset: Offset, set: VoterSet): void {
  const before = voterSet(core);
  // Only said: a set that is in the log has to be followed whatever it says.
  if (before.size > 0 && before.difference(set) > 1) {
    describeEvent(core, 'warn', 'raft.voters.jump', { offset, voters: describeVoters(set), before: describeVoters(before) });
  }
  core.voters.append(offset, set);
  announceVoters(core, before);
  if (core.role.kind === 'follower' && !isVoter(core)) core.role.upkeepMs = core.nowMs + upkeepPeriodMs(core.config.timers.fetchTimeoutMs);
}

/** Cuts the log back; voter sets behind the cut were never in force. */
export function cutBack(core: CoreState, endOffset: Offset): void {
  const before = voterSet(core);
  core.log.truncate(endOffset);
  core.outbox.emit({ kind: 'truncate', endOffset, generation: core.log.generation });
  forgetBehind(core, endOffset, before);
}

/** Cuts off what is damaged. Voter sets behind the cut come back with it. */
export function cutToDamage(core: CoreState, endOffset: Offset, recovery: Recovery): void {
  const before = voterSet(core);
  core.log.beginRecovery(endOffset, recovery);
  core.outbox.emit({ kind: 'recoverLog', endOffset, recovery, generation: core.log.generation });
  forgetBehind(core, endOffset, before);
}

function forgetBehind(core: CoreState, endOffset: Offset, before: VoterSet): void {
  core.voters.truncate(endOffset);
  core.kraftVersions.truncate(endOffset);
  announceVoters(core, before);
}

/** Tells whom to keep connections to, when that has changed. */
export function announceVoters(core: CoreState, before: VoterSet | undefined): void {
  const now = voterSet(core);
  if (before?.equals(now) === true) return;
  const peers = now.others(core.self.id).map(({ id, endpoints }) => ({ id, endpoints }));
  core.outbox.emit({ kind: 'votersChanged', peers });
}
