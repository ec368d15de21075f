import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandResult } from './command.js';
import { makeUuid } from './random-uuid.js';
import { storageFormat } from './storage-format.js';
import { storageInfo } from './storage-info.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'quorate-cli-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const world = { environment: {}, randomBytes, print: () => undefined };

function controllerFile(lines: readonly string[] = []): string {
  const file = path.join(home, 'server.properties');
  const base = ['process.roles=controller', 'node.id=1', 'listeners=CONTROLLER://127.0.0.1:19091', 'controller.listener.names=CONTROLLER', 'listener.security.protocol.map=CONTROLLER:PLAINTEXT'];
  writeFileSync(file, [...base, 'controller.quorum.bootstrap.servers=127.0.0.1:19091', `log.dirs=${home}/data`, ...lines, ''].join('\n'));
  return file;
}

const format = (...args: string[]): Promise<CommandResult> => storageFormat.run(args, world);

describe('storage format', () => {
  it('formats a controller alone, and says what it did', async () => {
    const file = controllerFile();
    const { lines } = await format('-t', 'kafka-cluster-001', '-c', file, '--standalone');

    expect(lines.join('\n')).toContain(`Formatting ${home}/data`);
    expect(readFileSync(`${home}/data/meta.properties`, 'utf8')).toContain('cluster.id=kafka-cluster-001');
    expect(existsSync(`${home}/data/__cluster_metadata-0/00000000000000000000-0000000000.checkpoint`)).toBe(true);
    const info = await storageInfo.run(['-c', file], world);
    expect(info.exitCode).toBe(0);
    expect(info.lines.join('\n')).toContain('cluster.id=kafka-cluster-001');
  });

  it('gives a listed node the directory id of the list', async () => {
    const directoryId = makeUuid(randomBytes);
    await format('-t', 'c', '-c', controllerFile(), '--initial-controllers', `1@127.0.0.1:19091:${directoryId},2@127.0.0.1:19092:${makeUuid(randomBytes)}`);

    expect(readFileSync(`${home}/data/meta.properties`, 'utf8')).toContain(`directory.id=${directoryId}`);
  });

  it('refuses a formatted directory, and leaves it alone with --ignore-formatted', async () => {
    const file = controllerFile();
    await format('-t', 'c', '-c', file, '-s');
    const before = readFileSync(`${home}/data/meta.properties`, 'utf8');

    await expect(format('-t', 'c', '-c', file, '-s')).rejects.toThrow('--ignore-formatted');
    const again = await format('-t', 'c', '-c', file, '-s', '-g');
    expect(again.lines.join('\n')).toContain('formatted already');
    await expect(format('-t', 'another', '-c', file, '-s', '-g')).rejects.toThrow('cluster c');
    expect(readFileSync(`${home}/data/meta.properties`, 'utf8')).toBe(before);
  });

  it('refuses a directory that holds other things', async () => {
    mkdirSync(`${home}/data`);
    writeFileSync(`${home}/data/thesis.tex`, 'x');

    await expect(format('-t', 'c', '-c', controllerFile(), '-s')).rejects.toThrow('thesis.tex');
  });

  it.each([
    [['-c', 'FILE', '-s'], '-t/--cluster-id'],
    [['-t', 'c', '-s'], '-c/--config'],
    [['-t', 'c', '-c', 'FILE'], '--standalone'],
    [['-t', 'c', '-c', 'FILE', '-s', '-N'], 'write one of'],
    [['-t', 'c', '-c', 'FILE', '-I', '2@127.0.0.1:19092:3Db5QLSqSZieL3rJBUUegA'], 'node.id=1'],
    [['-t', 'c', '-c', 'FILE', '-I', '1@127.0.0.1'], '--initial-controllers'],
    [['-t', 'c', '-c', 'FILE', '-s', '--release-version', '4.4'], '3.9-IV0'],
    [['-t', 'c', '-c', 'FILE', '--stand-alone'], 'Usage'],
  ])('refuses %j and says what is missing', async (args, expected) => {
    const file = controllerFile();

    await expect(format(...args.map((arg) => (arg === 'FILE' ? file : arg)))).rejects.toThrow(expected);
    expect(existsSync(`${home}/data`)).toBe(false);
  });

  it('refuses a cluster id that the file contradicts', async () => {
    await expect(format('-t', 'c', '-c', controllerFile(['cluster.id=d']), '-s')).rejects.toThrow('cluster.id');
  });
});

describe('storage info', () => {
  it('numbers its problems and ends with 1', async () => {
    const { lines, exitCode } = await storageInfo.run(['-c', controllerFile()], world);

    expect(exitCode).toBe(1);
    expect(lines.join('\n')).toContain(`1. ${home}/data: does not exist`);
  });
});

describe('random-uuid', () => {
  it('never starts with a dash and has 22 characters of base64url', () => {
    for (let time = 0; time < 500; time += 1) expect(makeUuid(randomBytes)).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/);
  });
});
