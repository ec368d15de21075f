import { beforeAll, describe, expect, it } from 'vitest';
import { OTHER_DIRECTORY, oneOfThree, SEGMENT_BYTES, THREE_VOTERS } from '../test/damage-fixture.js';
import { nextBatch, open, openNow } from '../test/log-fixture.js';
import { snapshotAt } from '../test/snapshot-fixture.js';
import type { MemoryFileSystem } from './memory-file-system.js';
import { LEADER_EPOCH_CHECKPOINT, LOG_DIRECTORY, META_PROPERTIES, PARTITION_METADATA } from './paths.js';
import { BATCHES_POSITION, BLOCK_BYTES } from './segment-header.js';

const SECTOR = 512;
/** Written for people and other programs; nobody here reads them. */
const NOT_READ = new Set<string>([LEADER_EPOCH_CHECKPOINT, PARTITION_METADATA]);

/** What a start made of a changed disk. `silent` would be a lie: something else than what was written, and not a word. */
type Verdict = 'refused' | 'recovering' | 'mended, with a note' | 'unfinished write' | 'no harm done' | 'the last 5 ms' | 'another recovery id' | 'silent';

describe('rot', () => {
  let disk: MemoryFileSystem;
  /** The same disk at an earlier time: what a lost write leaves in place of a newer one. */
  let earlier: MemoryFileSystem;
  let checksums: ReadonlyMap<number, number>;
  /** What the marker on the disk vouches for; the last batch came with it, and within 5 ms of the end. */
  const flushed = 22;

  beforeAll(async () => {
    const { fs, batches } = await oneOfThree({ snapshotsAt: [4], cleanTo: 4 });
    earlier = fs.copy();
    const { store, snapshots, elections } = await open(fs, { segmentBytes: SEGMENT_BYTES });
    const more = Array.from({ length: 3 }, () => {
      const batch = nextBatch(store, { records: 2, payloadBytes: 40 });
      store.append(batch);
      return batch;
    });
    elections.persist({ epoch: 3 as never, leaderId: undefined, votedKey: undefined }, () => {});
    for (const at of [8, 12]) snapshotAt(snapshots, batches.find((batch) => batch.endOffset === at)!, { voters: THREE_VOTERS });
    checksums = new Map([...batches, ...more].map((batch) => [batch.endOffset, batch.checksum]));
    disk = fs.copy();
  });

  const paths = () => [META_PROPERTIES, ...disk.list(LOG_DIRECTORY).map((name) => `${LOG_DIRECTORY}/${name}`)];

  function verdictOn(fs: MemoryFileSystem, path: string): Verdict {
    const result = openNow(fs, { segmentBytes: SEGMENT_BYTES, newDirectoryId: () => OTHER_DIRECTORY });
    if (result.kind === 'refused') return 'refused';
    const { recovered, store, snapshots } = result;
    if (recovered.log.recovering) return 'recovering';
    if (recovered.properties.recoveryId !== 'AAAAAAAAAAAAAAAAAAAAAA') return 'another recovery id';
    if (store.endOffset < flushed || checksums.get(store.endOffset) !== store.endChecksum) return 'silent';
    if (recovered.electionState?.epoch !== 3) return 'silent';
    if (snapshots.list().some(({ id, chainChecksum }) => checksums.get(id.endOffset) !== chainChecksum)) return 'silent';
    if (!isReadable(store)) return 'silent';
    if (recovered.report.dropped !== undefined) return 'unfinished write';
    if (recovered.report.notes.length > 0) return 'mended, with a note';
    if (store.endOffset === flushed) return 'the last 5 ms';
    return store.endOffset === 24 && (snapshots.list().length === 3 || NOT_READ.has(path)) ? 'no harm done' : 'silent';
  }

  function isReadable(store: Parameters<typeof nextBatch>[0] & { read: (...args: never[]) => void; startOffset: number }): boolean {
    let at = store.startOffset;
    while (at < store.endOffset) {
      const from = at;
      (store.read as (from: number, upTo: number, maxBytes: number, done: (read: { batches: readonly { endOffset: number; checksum: number }[] }) => void) => void)(at, store.endOffset, 1 << 20, ({ batches }) => {
        for (const batch of batches) if (checksums.get(batch.endOffset) === batch.checksum) at = batch.endOffset;
      });
      if (at === from) return false;
    }
    return true;
  }

  /** Bytes worth changing: all that say something, and some of the padding. */
  function positions(path: string): number[] {
    const size = disk.readFile(path).length;
    const all = Array.from({ length: size }, (_, i) => i);
    if (!path.endsWith('.log')) return all;
    return all.filter((at) => at >= BATCHES_POSITION || at % BLOCK_BYTES < 96 || at % 311 === 0);
  }

  function tally(title: string, verdicts: readonly Verdict[]): void {
    const counts = new Map<Verdict, number>();
    for (const verdict of verdicts) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    console.log(`${title}: ${verdicts.length} cases: ${[...counts].map(([verdict, count]) => `${verdict} ${count}`).join(', ')}`);
    expect(counts.get('silent') ?? 0).toBe(0);
    // One place: the file ends exactly with the batch before the last.
    expect(counts.get('the last 5 ms') ?? 0).toBeLessThanOrEqual(1);
  }

  it('of any byte of any file is found, or harms nobody', () => {
    const verdicts: Verdict[] = [];
    for (const path of paths()) {
      for (const at of positions(path)) {
        const fs = disk.copy();
        fs.corrupt(path, at, 1 << at % 8);
        const verdict = verdictOn(fs, path);
        expect(verdict, `${path} at ${at}`).not.toBe('silent');
        verdicts.push(verdict);
      }
    }
    tally('one bit', verdicts);
    expect(verdicts.length).toBeGreaterThan(3000);
  });

  it('that cuts any file off, at any byte, is found', () => {
    const verdicts: Verdict[] = [];
    for (const path of paths()) {
      // At each byte of the batches; elsewhere at some.
      for (const at of positions(path).filter((position) => (path.endsWith('.log') && position >= BATCHES_POSITION) || position % 5 === 0)) {
        const fs = disk.copy();
        fs.open(path, { create: false }).truncateSync(at);
        const verdict = verdictOn(fs, path);
        expect(verdict, `${path} cut at ${at}`).not.toBe('silent');
        verdicts.push(verdict);
      }
    }
    tally('cut off', verdicts);
  });

  it('that swaps two sectors, puts one in the place of another, or leaves one as it was earlier, is found', () => {
    const verdicts: Verdict[] = [];
    const sectorOf = (fs: MemoryFileSystem, path: string, index: number) => (fs.exists(path) ? fs.readFile(path).subarray(index * SECTOR, (index + 1) * SECTOR) : new Uint8Array(0));
    const put = (fs: MemoryFileSystem, path: string, index: number, bytes: Uint8Array) => fs.open(path, { create: false }).writeSync(bytes, index * SECTOR);
    for (const path of paths()) {
      const count = Math.ceil(disk.readFile(path).length / SECTOR);
      for (let i = 0; i < count; i++) {
        const own = sectorOf(disk, path, i);
        const old = sectorOf(earlier, path, i);
        const changes: ((fs: MemoryFileSystem) => void)[] = [];
        for (const j of [i + 1, i + 8]) {
          const other = sectorOf(disk, path, j);
          if (other.length < SECTOR || Buffer.compare(own, other) === 0) continue;
          changes.push((fs) => (put(fs, path, i, other), put(fs, path, j, own)));
          changes.push((fs) => put(fs, path, j, own));
        }
        if (old.length > 0 && Buffer.compare(own, old) !== 0) changes.push((fs) => put(fs, path, i, Uint8Array.of(...old, ...new Uint8Array(own.length - old.length))));
        changes.push((fs) => put(fs, path, i, new Uint8Array(own.length)));
        for (const change of changes) {
          const fs = disk.copy();
          change(fs);
          const verdict = verdictOn(fs, path);
          expect(verdict, `${path}, sector ${i}`).not.toBe('silent');
          verdicts.push(verdict);
        }
      }
    }
    tally('swapped, misdirected, stale or blank sectors', verdicts);
  });

  it('that takes a whole file back to an earlier time, or away, is found, unless it is held elsewhere', () => {
    const verdicts: Verdict[] = [];
    const silent: string[] = [];
    for (const path of paths()) {
      const without = disk.copy();
      without.unlink(path);
      const lost = verdictOn(without, path);
      if (lost === 'silent') silent.push(path);
      else verdicts.push(lost);
      if (!earlier.exists(path)) continue;
      const back = disk.copy();
      const file = back.open(path, { create: false });
      file.truncateSync(0);
      file.writeSync(earlier.readFile(path), 0);
      const verdict = verdictOn(back, path);
      if (verdict === 'silent') silent.push(path);
      else verdicts.push(verdict);
    }
    tally('files lost or restored', verdicts);
    // What the log, or a newer snapshot, holds as well may be taken away: that looks like a cleaning, and nobody misses it.
    expect(silent.map((path) => path.replace(`${LOG_DIRECTORY}/`, ''))).toEqual([
      '00000000000000000000.log',
      '00000000000000000004-0000000001.checkpoint',
      '00000000000000000008-0000000001.checkpoint',
      '00000000000000000012-0000000001.checkpoint',
    ]);
  });
});
