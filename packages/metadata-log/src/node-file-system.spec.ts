import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { lockDataDirectory, makeDataDirectory, NodeFileSystem, type DirectoryLock } from './node-file-system.js';

const roots: string[] = [];
afterEach(() => roots.splice(0).forEach((root) => rmSync(root, { recursive: true })));

function newRoot(): string {
  roots.push(mkdtempSync(join(tmpdir(), 'quorate-files-')));
  return roots.at(-1)!;
}

describe('the file system of the machine', () => {
  it('writes, reads, cuts, renames and lists below its root', async () => {
    const fs = new NodeFileSystem(newRoot());
    fs.makeDirectory('d');
    const file = fs.open('d/a', { create: true });
    file.writeSync(Uint8Array.of(1, 2, 3, 4), 10);
    file.truncateSync(13);
    await new Promise((resolve) => file.sync(resolve));

    const into = new Uint8Array(100);
    expect(file.sizeSync()).toBe(13);
    expect(file.readSync(into, 9)).toBe(4);
    expect([...into.subarray(0, 4)]).toEqual([0, 1, 2, 3]);
    file.close();
    fs.rename('d/a', 'd/b');
    expect(fs.list('d')).toEqual(['b']);
    expect(fs.list('nowhere')).toEqual([]);
    expect(await new Promise((resolve) => fs.syncDirectory('d', resolve))).toBeUndefined();
    fs.unlink('d/b');
    expect(fs.exists('d/b')).toBe(false);
    expect(fs.freeBytes()).toBeGreaterThan(0);
  });

  it('completes syncs of one file in the order of the calls', async () => {
    const file = new NodeFileSystem(newRoot()).open('f', { create: true });
    const order: number[] = [];

    await Promise.all([1, 2, 3].map((n) => new Promise<void>((resolve) => file.sync(() => resolve(void order.push(n))))));

    expect(order).toEqual([1, 2, 3]);
    file.close();
  });

  it('fails with the code of the operating system, by callback where there is one', async () => {
    const fs = new NodeFileSystem(newRoot());

    expect(() => fs.open('missing', { create: false })).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    expect(await new Promise((resolve) => fs.syncDirectory('missing', resolve))).toMatchObject({ code: 'ENOENT' });
  });

  it('makes a data directory with those above it', () => {
    const root = join(newRoot(), 'a', 'b');
    makeDataDirectory(root);
    makeDataDirectory(root);

    expect(new NodeFileSystem(root).list('')).toEqual([]);
  });
});

const lock = (root: string) => new Promise<Awaited<Parameters<Parameters<typeof lockDataDirectory>[1]>[0]>>((resolve) => lockDataDirectory(root, resolve));

describe('the lock of a data directory', () => {
  it('is held by one at a time, by whatever path, and says by whom', async () => {
    const root = newRoot();
    const link = join(newRoot(), 'link');
    symlinkSync(root, link);
    const first = (await lock(root)) as DirectoryLock;

    expect(readFileSync(join(root, '.lock'), 'utf8')).toBe(`${process.pid}\n`);
    const refused = await lock(link);
    expect(refused).toMatchObject({ kind: 'held' });
    expect('message' in refused && refused.message).toContain(`Process ${process.pid} uses this data directory`);
    first.release();
    const second = (await lock(link)) as DirectoryLock;
    expect(second).toHaveProperty('release');
    second.release();
  });

  it('of different directories are different locks', async () => {
    const locks = (await Promise.all([lock(newRoot()), lock(newRoot())])) as DirectoryLock[];

    expect(locks.map((held) => Object.keys(held))).toEqual([['release'], ['release']]);
    locks.forEach((held) => held.release());
  });

  it.runIf(process.platform === 'linux')('is free again when its holder was killed with SIGKILL', async () => {
    const root = newRoot();
    const script = `
      const fs = require('node:fs');
      const file = fs.openSync(${JSON.stringify(join(root, '.lock'))}, 'a');
      const { dev, ino } = fs.fstatSync(file);
      require('node:net').createServer().listen('\\0quorate-data-directory-' + dev + '-' + ino, () => console.log('held'));`;
    const child = spawn(process.execPath, ['-e', script]);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(await lock(root)).toMatchObject({ kind: 'held' });

    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;

    const held = (await lock(root)) as DirectoryLock;
    expect(held).toHaveProperty('release');
    held.release();
  });
});
