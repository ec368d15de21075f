import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectOpened, oneOfThree, OTHER_DIRECTORY, SEGMENT_BYTES, THREE_VOTERS } from '../test/damage-fixture.js';
import { FakeTimers, format, FORMAT, nextBatch, openNow, Reports, seeded, VOTER } from '../test/log-fixture.js';
import { headAt, snapshotAt, topic } from '../test/snapshot-fixture.js';
import { DELETE_DELAY_MS } from './deferred-deletion.js';
import { fileSystemError } from './file-system-error.js';
import { MemoryFileSystem, type FileSystemCall, type MemoryFileSystemOptions } from './memory-file-system.js';
import type { OpenedLog } from './open-log.js';
import { QUORUM_STATE_FILES, snapshotPath } from './paths.js';
import { SPACE_CHECK_MS } from './reserved-file-system.js';
import { BATCHES_POSITION, HEADER_POSITION } from './segment-header.js';

/** What the table of FORMAT.md is about: an operation and a kind of file. */
function siteOf({ operation, path, position }: FileSystemCall): string {
  const name = path.replace('__cluster_metadata-0', 'directory').replace('directory/', '');
  if (name === 'reserve') return `${operation} reserve, when it is ${operation === 'unlink' ? 'given up' : 'filled again'}`;
  return `${operation === 'syncDirectory' ? 'sync' : operation} ${kindOf(name, operation === 'write' ? position : undefined)}`;
}

function kindOf(name: string, position: number | undefined): string {
  if (/\.log$/.test(name)) return position === undefined ? 'segment' : position >= BATCHES_POSITION ? 'segment, batch' : position === HEADER_POSITION ? 'segment, header' : 'segment, marker';
  if (name.endsWith('.log.tmp')) return 'new first segment';
  if (name.endsWith('.damaged')) return 'what is put aside';
  if (name.endsWith('.deleted')) return 'what was deleted';
  if (name.endsWith('.fetched.part')) return 'snapshot being fetched';
  if (name.endsWith('.part')) return 'snapshot in the making';
  if (name.endsWith('.checkpoint')) return 'snapshot';
  if (name === '' || name === 'directory') return 'directory';
  return name.replace('.tmp', '').replace('.copy', '');
}

const RESERVE = 40_000;

/** One node on a disk where one call fails, and what came of it. */
class FailingNode {
  readonly calls: FileSystemCall[] = [];
  readonly timers = new FakeTimers();
  readonly reports = new Reports();
  readonly snapshotOutcomes: string[] = [];
  private readonly options: MemoryFileSystemOptions;
  private readonly fs: MemoryFileSystem;
  opened: OpenedLog | undefined;
  capacity = Infinity;
  failedCall: FileSystemCall | undefined;
  /** The reserve had been given up already when the call failed. */
  wasFull = false;

  constructor(disk: MemoryFileSystem, failAt: number, code: string) {
    this.options = {
      random: seeded(failAt),
      capacityBytes: () => this.capacity,
      onCall: (call) => {
        this.calls.push(call);
        if (this.calls.length !== failAt + 1) return undefined;
        this.failedCall = call;
        this.wasFull = this.capacity !== Infinity || this.reports.fullness.length % 2 === 1;
        return fileSystemError(code, 'injected');
      },
    };
    this.fs = disk.crash(() => 0.999999, this.options);
  }

  get disk(): MemoryFileSystem {
    return this.fs;
  }

  start() {
    const result = openNow(this.fs, { timers: this.timers, segmentBytes: SEGMENT_BYTES, cacheBytes: 0, reserveBytes: RESERVE, newDirectoryId: () => OTHER_DIRECTORY });
    if (result.kind === 'refused') return result;
    this.opened = result;
    result.store.setListener(this.reports);
    return result;
  }

  /** Everything that a running node does with its disk. Stops where the node does. */
  live(fetched: Uint8Array): void {
    const { store, snapshots, elections } = this.opened!;
    const append = (shape: Parameters<typeof nextBatch>[1] = {}) => !this.stopped && store.append(nextBatch(store, { payloadBytes: 40, records: 2, ...shape }));
    const steps: (() => void)[] = [
      () => append(),
      () => this.timers.advance(5),
      () => elections.persist({ epoch: 5 as never, leaderId: undefined, votedKey: { id: VOTER.id, directoryId: VOTER.directoryId } }, () => {}),
      () => append({ epoch: 6 }),
      () => append({ epoch: 6 }),
      () => append({ epoch: 6 }),
      () => store.read(2 as never, 6 as never, 1000, () => {}),
      () => this.snapshot(store.endOffset, 6),
      () => append({ epoch: 6 }),
      () => append({ epoch: 6 }),
      () => snapshots.list()[0] && snapshots.read(snapshots.list()[0]!.id, 0, 100),
      () => snapshots.list()[0] && snapshots.deleteBefore(snapshots.list()[0]!.id.endOffset),
      () => this.timers.advance(DELETE_DELAY_MS),
      () => this.timers.advance(0),
      () => store.truncate((store.endOffset - 2) as never, 1, () => {}),
      () => append({ epoch: 7 }),
      () => snapshots.receive({ endOffset: 100 as never, epoch: 9 as never }, 0, fetched),
      () => snapshots.install({ endOffset: 100 as never, epoch: 9 as never }, 2, (result) => void this.snapshotOutcomes.push(result.kind)),
      () => append({ epoch: 9 }),
      () => append({ epoch: 9 }),
      () => append({ epoch: 9 }),
      () => append({ epoch: 9 }),
      () => store.recoverFrom((store.endOffset - 4) as never, { epoch: 9, endOffset: undefined }, 3, () => {}),
      () => store.recovered(),
      ...this.untilThereIsRoom(),
      () => (this.capacity = this.disk.usedBytes()),
      () => append({ epoch: 10 }),
      () => this.timers.advance(5),
      () => (this.capacity = Infinity),
      () => this.timers.advance(SPACE_CHECK_MS),
      ...this.untilThereIsRoom(),
      () => append({ epoch: 10 }),
      () => this.timers.advance(5),
      ...this.untilThereIsRoom(),
    ];
    for (const step of steps) if (!this.stopped) step();
  }

  get stopped(): boolean {
    return this.reports.failures.length > 0;
  }

  private untilThereIsRoom(): (() => void)[] {
    return Array.from({ length: 4 }, () => () => this.timers.advance(SPACE_CHECK_MS));
  }

  private snapshot(endOffset: number, epoch: number): void {
    const { store, snapshots } = this.opened!;
    const sink = snapshots.create(headAt({ endOffset: endOffset as never, epoch: epoch as never, checksum: store.endChecksum, appendTimeMs: 1 }));
    sink.append([topic('a')]);
    sink.freeze((outcome) => this.snapshotOutcomes.push(outcome));
  }
}

/** `call on what` → outcomes, as FORMAT.md says them. */
function tableOf(document: string): Map<string, { readonly other: string; readonly full: string }> {
  const rows = document.split('<!-- io -->')[1]!.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| call'));
  return new Map(
    rows.flatMap((row) => {
      const [, operations, kinds, other, full] = row.split('|').map((cell) => cell.trim());
      return operations!.split(', ').flatMap((operation) => kinds!.split('; ').map((kind) => [`${operation} ${kind}`, { other: other!, full: full! }] as const));
    }),
  );
}

describe('when the disk fails', () => {
  const table = tableOf(readFileSync(new URL('../FORMAT.md', import.meta.url), 'utf8'));
  let disk: MemoryFileSystem;
  let fetched: Uint8Array;
  let callsOfLife: FileSystemCall[] = [];
  let callsOfStart: FileSystemCall[] = [];

  beforeAll(async () => {
    disk = new MemoryFileSystem({ random: () => 0.5 });
    await format(disk, { ...FORMAT, initialVoters: THREE_VOTERS });
    const other = new FailingNode(disk, Infinity, 'EIO');
    const opened = expectOpened(other.start());
    opened.snapshots.receive({ endOffset: 1 as never, epoch: 1 as never }, 0, new Uint8Array(0));
    const scratch = new FailingNode(disk, Infinity, 'EIO');
    snapshotAt(expectOpened(scratch.start()).snapshots, { endOffset: 100, epoch: 9, checksum: 77, appendTimeMs: 1 } as never, { voters: THREE_VOTERS });
    fetched = scratch.disk.readFile(snapshotPath({ endOffset: 100 as never, epoch: 9 as never }));
    const healthy = new FailingNode(disk, Infinity, 'EIO');
    expectOpened(healthy.start());
    callsOfStart = [...healthy.calls];
    healthy.live(fetched);
    expect(healthy.reports.failures).toEqual([]);
    expect(healthy.snapshotOutcomes).toEqual(['frozen', 'installed']);
    expect(healthy.reports.fullness).toEqual([true, false]);
    callsOfLife = healthy.calls.slice(callsOfStart.length);
  });

  it('every call that a running node makes is in the table, and the table names no other', () => {
    const seen = new Set(callsOfLife.map(siteOf));

    expect([...seen].sort()).toEqual([...table.keys()].sort());
  });

  it.each(['EIO', 'ENOSPC'])('%s at any call has the outcome that the table says', (code) => {
    const outcomes = new Map<string, number>();
    for (let i = 0; i < callsOfLife.length; i++) {
      const node = new FailingNode(disk, callsOfStart.length + i, code);
      expectOpened(node.start());
      node.live(fetched);
      const site = siteOf(node.failedCall!);
      // With the reserve gone, want of room is the end: another specification's matter.
      if (code === 'ENOSPC' && node.wasFull && !site.includes('reserve')) continue;
      const expected = code === 'EIO' ? table.get(site)!.other : table.get(site)!.full;
      expect(outcomeOf(node), `${code} at call ${i}, ${site}`).toBe(expected);
      const { promised } = promisesOf(node);
      const again = expectOpened(openNow(node.disk.killProcess({ random: () => 0.5 }), { segmentBytes: SEGMENT_BYTES, reserveBytes: RESERVE }));
      expect(again.store.endOffset, `${code} at call ${i}, ${site}`).toBeGreaterThanOrEqual(promised);
      outcomes.set(expected, (outcomes.get(expected) ?? 0) + 1);
    }
    console.log(`${code} at each of ${callsOfLife.length} calls: ${[...outcomes].map(([outcome, count]) => `${outcome} ${count}`).join(', ')}`);
  });

  /** What the listener was told is durable, of the generation that is there now. */
  function promisesOf(node: FailingNode) {
    const { generation } = node.opened!.store;
    const told = node.reports.flushes.filter((flush) => flush.generation === generation).map((flush) => flush.endOffset);
    return { promised: told.at(-1) ?? 0 };
  }

  function outcomeOf(node: FailingNode): string {
    if (node.stopped) return node.reports.failures.length === 1 ? 'stops' : 'stops more than once';
    if (node.snapshotOutcomes.join() !== 'frozen,installed') return 'gives the snapshot up';
    if (node.reports.fullness.length > 2) return 'uses the reserve';
    return node.reports.fullness.join() === 'true,false' ? 'goes on' : `fullness ${node.reports.fullness.join()}`;
  }

  it('an error at any call of a start, of a sound, a damaged or a forgetful replica, is a refusal or is made good by the reserve', async () => {
    let cases = 0;
    const { fs } = await oneOfThree({ snapshotsAt: [8] });
    const damaged = fs.crash(() => 0.999999);
    damaged.corrupt('__cluster_metadata-0/00000000000000000012.log', BATCHES_POSITION + 50);
    const forgetful = fs.crash(() => 0.999999);
    for (const path of QUORUM_STATE_FILES) forgetful.corrupt(path, 20);
    for (const start of [fs.crash(() => 0.999999), damaged, forgetful]) {
      for (const code of ['EIO', 'ENOSPC']) {
        for (let failAt = 0; ; failAt++) {
          const node = new FailingNode(start, failAt, code);
          const result = node.start();
          if (node.failedCall === undefined) break;
          const isRefused = result.kind === 'refused';
          if (isRefused) expect(result.reason, siteOf(node.failedCall)).toBe('disk-failed');
          if (code === 'EIO') expect(isRefused, siteOf(node.failedCall)).toBe(true);
          expectOpened(openNow(node.disk.killProcess({ random: () => 0.5 }), { segmentBytes: SEGMENT_BYTES, reserveBytes: RESERVE, newDirectoryId: () => OTHER_DIRECTORY }));
          cases++;
        }
      }
    }
    console.log(`errors at a start: ${cases} cases, 0 violations`);
  });
});
