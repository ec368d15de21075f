import { encodeRecord, uuidToBytes, type EncodedBatch, type RawRecord } from '@quorate/records';
import type { ImageDigest, Voter } from '@quorate/raft-core';
import type { InstallResult, SnapshotHead, SnapshotReader, SnapshotStore } from '@quorate/raft-node';
import { FORMAT, format, nextBatch, open, VOTER } from './log-fixture.js';
import { MemoryFileSystem } from '../src/memory-file-system.js';
import type { OpenedLog } from '../src/open-log.js';
import type { SnapshotId } from '../src/paths.js';

export const DIGEST: ImageDigest = { lastStableOffset: 3 as never, version: 1, value: Uint8Array.of(1, 2, 3) };

export const topic = (name: string): RawRecord => encodeRecord({ kind: 'Topic', version: 0, value: { name, topicId: uuidToBytes(VOTER.directoryId) } });

/** The head of a snapshot that ends with that batch. */
export function headAt({ endOffset, epoch, checksum, appendTimeMs }: Pick<EncodedBatch, 'endOffset' | 'epoch' | 'checksum' | 'appendTimeMs'>): SnapshotHead {
  return { id: { endOffset, epoch }, lastContainedTimestampMs: appendTimeMs, chainChecksum: checksum, imageDigest: DIGEST, kraftVersion: 1, voters: [VOTER] };
}

/** Writes a whole snapshot of this node's own. */
export function snapshotAt(store: SnapshotStore, batch: EncodedBatch, { names = ['a', 'b'], voters = [VOTER] }: { readonly names?: readonly string[]; readonly voters?: readonly Voter[] } = {}): SnapshotId {
  const sink = store.create({ ...headAt(batch), voters });
  sink.append(names.map(topic));
  let frozen = false;
  sink.freeze(() => (frozen = true));
  if (!frozen) throw new Error('the file system did not complete at once');
  return { endOffset: batch.endOffset, epoch: batch.epoch };
}

/** Appends batches, and gives them back. */
export function appended(log: OpenedLog['store'], count: number, shape: Parameters<typeof nextBatch>[1] = {}): EncodedBatch[] {
  return Array.from({ length: count }, () => {
    const batch = nextBatch(log, shape);
    log.append(batch);
    return batch;
  });
}

/** Hands a snapshot from one store to another in chunks, as FetchSnapshot does. */
export function transfer(from: SnapshotStore, to: SnapshotStore, id: SnapshotId, chunkBytes = 100): void {
  for (let position = 0; ; ) {
    const chunk = from.read(id, position, chunkBytes);
    if (chunk.kind !== 'chunk') throw new Error(`${chunk.kind} at ${position}`);
    to.receive(id, position, chunk.bytes);
    position += chunk.bytes.length;
    if (position === chunk.size) return;
  }
}

export function installNow(store: SnapshotStore, id: SnapshotId, generation: number): InstallResult {
  let result: InstallResult | undefined;
  store.install(id, generation, (installed) => (result = installed));
  if (result === undefined) throw new Error('the file system did not complete at once');
  return result;
}

export function readAllOf(reader: SnapshotReader, maxBytes: number): EncodedBatch[][] {
  const slices: EncodedBatch[][] = [];
  for (;;) {
    const batches = reader.next(maxBytes);
    if (batches.length === 0) return slices;
    // Borrowed until the next call.
    slices.push(batches.map((batch) => ({ ...batch, bytes: Uint8Array.from(batch.bytes) })));
  }
}

/** A node of the same cluster on a disk of its own. */
export async function newNode(options: Parameters<typeof open>[1] = {}): Promise<{ fs: MemoryFileSystem; opened: OpenedLog }> {
  const fs = new MemoryFileSystem({ random: () => 0.5 });
  await format(fs, FORMAT);
  return { fs, opened: await open(fs, options) };
}
