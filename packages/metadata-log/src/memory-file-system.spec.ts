import { describe, expect, it } from 'vitest';
import { seeded } from '../test/log-fixture.js';
import { fileSystemError } from './file-system-error.js';
import { MemoryFileSystem, SECTOR_BYTES, type MemoryFileSystemOptions } from './memory-file-system.js';

const OUTCOMES = 200;
const filled = (value: number, sizeBytes = SECTOR_BYTES) => new Uint8Array(sizeBytes).fill(value);
const noError = (error: Error | undefined) => expect(error).toBeUndefined();

function newDisk(options: Partial<MemoryFileSystemOptions> = {}): MemoryFileSystem {
  return new MemoryFileSystem({ random: seeded(1), ...options });
}

/** Every different thing that `look` sees over many crashes of one disk. */
function outcomes(disk: MemoryFileSystem, look: (left: MemoryFileSystem) => string): string[] {
  const random = seeded(7);
  return [...new Set(Array.from({ length: OUTCOMES }, () => look(disk.crash(random))))].sort();
}

function durableFile(disk: MemoryFileSystem, path: string, content: Uint8Array) {
  const file = disk.open(path, { create: true });
  file.writeSync(content, 0);
  file.sync(noError);
  disk.syncDirectory('', noError);
  return file;
}

describe('a crash', () => {
  it('keeps any subset of the sectors written since the last sync', () => {
    const disk = newDisk();
    const file = durableFile(disk, 'f', filled(1, 2 * SECTOR_BYTES));
    file.writeSync(filled(2, 2 * SECTOR_BYTES), 0);

    const seen = outcomes(disk, (left) => `${left.readFile('f')[0]}${left.readFile('f')[SECTOR_BYTES]}`);

    expect(seen).toEqual(['11', '12', '21', '22']);
  });

  it('may keep what a sector held between two writes', () => {
    const disk = newDisk();
    const file = durableFile(disk, 'f', filled(1));
    file.writeSync(filled(2), 0);
    file.writeSync(filled(3), 0);

    expect(outcomes(disk, (left) => String(left.readFile('f')[0]))).toEqual(['1', '2', '3']);
  });

  it('tears a write at the size that the disk writes whole, or not at all', () => {
    const content = (left: MemoryFileSystem): string => [0, 1, 8, 9].map((sector) => left.readFile('f')[sector * SECTOR_BYTES]).join('');
    const torn = (tearBytes: number): string[] => {
      const disk = newDisk({ tearBytes });
      durableFile(disk, 'f', filled(1, 10 * SECTOR_BYTES)).writeSync(filled(2, 10 * SECTOR_BYTES), 0);
      return outcomes(disk, content);
    };

    expect(torn(SECTOR_BYTES)).toHaveLength(16);
    expect(torn(8 * SECTOR_BYTES)).toEqual(['1111', '1122', '2211', '2222']);
    expect(torn(Number.POSITIVE_INFINITY)).toEqual(['1111', '2222']);
  });

  it('loses nothing that was synced, and what came after the sync began is not covered by it', () => {
    const completions: (() => void)[] = [];
    const disk = newDisk({ schedule: (complete) => completions.push(complete) });
    const file = disk.open('f', { create: true });
    file.writeSync(filled(1), 0);
    file.sync(noError);
    disk.syncDirectory('', noError);
    file.writeSync(filled(2), 0);
    completions.forEach((complete) => complete());

    expect(outcomes(disk, (left) => String(left.readFile('f')[0]))).toEqual(['1', '2']);
  });

  it('may leave any size between the old and the new, with zeros where nothing arrived', () => {
    const disk = newDisk();
    const file = durableFile(disk, 'f', filled(1, 10));
    file.writeSync(filled(2, 4 * SECTOR_BYTES), 10);

    const sizes = outcomes(disk, (left) => String(left.readFile('f').length)).map(Number);
    expect(Math.min(...sizes)).toBe(10);
    expect(Math.max(...sizes)).toBe(10 + 4 * SECTOR_BYTES);
    expect(sizes.length).toBeGreaterThan(10);
    expect(outcomes(disk, (left) => String(left.readFile('f')[3 * SECTOR_BYTES] ?? 'short'))).toEqual(['0', '2', 'short']);
  });

  it.each([false, true])('may undo a truncation, with the old bytes, unless it was synced (%s)', (synced) => {
    const disk = newDisk();
    const file = durableFile(disk, 'f', filled(1, 2 * SECTOR_BYTES));
    file.truncateSync(SECTOR_BYTES);
    if (synced) file.sync(noError);

    const seen = outcomes(disk, (left) => `${left.readFile('f').length > SECTOR_BYTES} ${left.readFile('f').at(-1)}`);
    if (synced) expect(seen).toEqual(['false 1']);
    else expect(seen).toEqual(expect.arrayContaining(['false 1', 'true 0', 'true 1']));
  });

  it.each([
    ['a new file', (disk: MemoryFileSystem) => void disk.open('new', { create: true }), ['new 0,old 512', 'old 512']],
    ['a rename', (disk: MemoryFileSystem) => disk.rename('other', 'old'), ['old 1', 'old 512,other 1']],
    ['an unlink', (disk: MemoryFileSystem) => disk.unlink('old'), ['', 'old 512']],
  ])('may lose %s until the directory is synced', (what, change, expected) => {
    for (const synced of [false, true]) {
      const disk = newDisk();
      durableFile(disk, 'old', filled(1));
      if (what === 'a rename') durableFile(disk, 'other', filled(1, 1));
      change(disk);
      if (synced) disk.syncDirectory('', noError);
      const now = disk.list('').map((name) => `${name} ${disk.readFile(name).length}`).join();

      const seen = outcomes(disk, (left) => left.list('').map((name) => `${name} ${left.readFile(name).length}`).join());

      expect(seen).toEqual(synced ? [now] : expected);
    }
  });

  it('leaves a state that is durable, and a dead file system behind', () => {
    const disk = newDisk();
    const file = durableFile(disk, 'f', filled(1));
    file.writeSync(filled(2), 0);
    const left = disk.crash(seeded(3));
    const content = left.readFile('f')[0];

    expect(outcomes(left, (again) => String(again.readFile('f')[0]))).toEqual([String(content)]);
    expect(() => file.writeSync(filled(3), 0)).toThrow('dead');
    expect(() => disk.list('')).toThrow('dead');
  });
});

describe('a killed process', () => {
  it('leaves everything readable and no more durable than it was', () => {
    const disk = newDisk();
    durableFile(disk, 'f', filled(1)).writeSync(filled(2), 0);

    const left = disk.killProcess();

    expect(left.readFile('f')[0]).toBe(2);
    expect(outcomes(left, (again) => String(again.readFile('f')[0]))).toEqual(['1', '2']);
  });
});

describe('a failed sync', () => {
  it('leaves bytes that later syncs do not save, until they are written again', () => {
    let failing = false;
    const disk = newDisk({ random: () => 0.99, onCall: (call) => (failing && call.operation === 'sync' ? fileSystemError('EIO', 'test') : undefined) });
    const file = durableFile(disk, 'f', filled(1));
    file.writeSync(filled(2), 0);
    failing = true;
    let failure: Error | undefined;
    file.sync((error) => (failure = error));
    failing = false;

    file.sync(noError);
    expect(failure).toMatchObject({ code: 'EIO' });
    expect(outcomes(disk.killProcess(), (left) => String(left.readFile('f')[0]))).toEqual(['1']);
  });
});
