import { nodeId, uuidFromBytes, type Uuid } from '@quorate/records';
import type { Voter } from '@quorate/raft-core';
import { MemoryFileSystem } from '../src/memory-file-system.js';
import type { OpenedLog } from '../src/open-log.js';
import { BATCHES_POSITION } from '../src/segment-header.js';
import type { Refusal } from '../src/refusal.js';
import { FakeTimers, format, FORMAT, nextBatch, open, VOTER, votersBatch } from './log-fixture.js';
import { appended, snapshotAt } from './snapshot-fixture.js';

export const THREE_VOTERS: readonly Voter[] = [VOTER, ...[2, 3].map((id) => ({ ...VOTER, id: nodeId(id), directoryId: uuidFromBytes(new Uint8Array(16).fill(id)) }))];
export const OTHER_DIRECTORY: Uuid = uuidFromBytes(new Uint8Array(16).fill(77));

/** Segments of three batches. */
export const SEGMENT_BYTES = BATCHES_POSITION + 500;

/**
 * One of three voters, dead after a while: voters at 0 and 1, then eight batches of two records in segments of three, the
 * marker behind the last but one; snapshots as asked for.
 */
export async function oneOfThree({ snapshotsAt = [] as readonly number[], cleanTo = undefined as number | undefined } = {}) {
  const fs = new MemoryFileSystem({ random: () => 0.5 });
  await format(fs, { ...FORMAT, initialVoters: THREE_VOTERS });
  const timers = new FakeTimers();
  const { store, snapshots } = await open(fs, { timers, segmentBytes: SEGMENT_BYTES });
  const voters = votersBatch(store, THREE_VOTERS);
  store.append(voters);
  const batches = [voters, ...appended(store, 7, { records: 2, payloadBytes: 40 })];
  timers.advance(5);
  const last = nextBatch(store, { records: 2, payloadBytes: 40 });
  store.append(last);
  for (const at of snapshotsAt) snapshotAt(snapshots, batches.find((batch) => batch.endOffset === at)!, { voters: THREE_VOTERS });
  if (cleanTo !== undefined) snapshots.deleteBefore(cleanTo);
  return { fs: fs.killProcess(), batches: [...batches, last] };
}

/** A copy of a disk on which everything is durable. */
export function copyOf(fs: MemoryFileSystem): MemoryFileSystem {
  return fs.crash(() => 0.999999);
}

export function expectRefused(result: OpenedLog | Refusal): Refusal {
  if (result.kind !== 'refused') throw new Error(`opened, up to ${result.store.endOffset}`);
  return result;
}

export function expectOpened(result: OpenedLog | Refusal): OpenedLog {
  if (result.kind === 'refused') throw new Error(result.message);
  return result;
}
