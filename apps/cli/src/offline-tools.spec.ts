import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync, writeSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lockDataDirectory, NodeFileSystem } from '@quorate/metadata-log/node';
import { openLog, type OpenedLog } from '@quorate/metadata-log';
import { encodeBatch, encodeRecord, nodeId, uuidFromBytes } from '@quorate/records';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { ProcessRefusal } from '@quorate/roles';
import { CommandError, type CliCommand, type CommandResult } from './command.js';
import { configPrint } from './config-print.js';
import { logDiscard } from './log-discard.js';
import { logDump } from './log-dump.js';
import { logVerify } from './log-verify.js';
import { OPERATIONS_LOG } from './offline-directory.js';
import { quorumOverrideVoters } from './override-voters.js';
import { makeUuid } from './random-uuid.js';
import { storageFormat } from './storage-format.js';
import { storageInfo } from './storage-info.js';

let home: string;
let file: string;
let data: string;
const printed: string[] = [];
const OTHERS = [2, 3].map((id) => `${id}@127.0.0.1:1909${id}:${makeUuid(randomBytes)}`);
const BATCHES = 5;

beforeEach(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'quorate-offline-'));
  file = path.join(home, 'server.properties');
  data = path.join(home, 'data');
  const lines = ['process.roles=controller', 'node.id=1', 'listeners=CONTROLLER://127.0.0.1:19091', 'controller.listener.names=CONTROLLER', 'listener.security.protocol.map=CONTROLLER:PLAINTEXT', 'controller.quorum.bootstrap.servers=127.0.0.1:19091'];
  writeFileSync(file, [...lines, `log.dirs=${data}`, ''].join('\n'));
  printed.length = 0;
  await run(storageFormat, '-t', 'my-cluster', '-c', file, '-I', [`1@127.0.0.1:19091:${makeUuid(randomBytes)}`, ...OTHERS].join(','));
  await writeBatches(BATCHES);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function run(command: CliCommand, ...args: string[]): Promise<CommandResult> {
  return command.run(args, { environment: {}, randomBytes, print: (line) => printed.push(line) });
}

const property = (key: string): string => new RegExp(`^${key}=(.*)$`, 'm').exec(readFileSync(path.join(data, 'meta.properties'), 'utf8'))?.[1] ?? '';
const segment = (): string => path.join(data, '__cluster_metadata-0', `${'0'.repeat(20)}.log`);
const said = (): Record<string, Record<string, unknown>>[] => printed.map((line) => JSON.parse(line) as Record<string, Record<string, unknown>>);

function open(): Promise<OpenedLog> {
  return new Promise((resolve, reject) => {
    openLog(new NodeFileSystem(data), { nodeId: nodeId(1), timers: { nowMs: () => 0, arm: () => undefined }, segmentBytes: 1 << 30, cacheBytes: 0 }, (result) => (result.kind === 'opened' ? resolve(result) : reject(new Error(result.message))));
  });
}

/** One NoOp a batch, with one request each, epoch 7, closed cleanly. */
async function writeBatches(count: number): Promise<void> {
  const { store, elections } = await open();
  for (let index = 0; index < count; index++) {
    store.append(
      encodeBatch({
        baseOffset: store.endOffset,
        epoch: 7,
        appendTimeMs: 1_700_000_000_000,
        isControl: false,
        previousChecksum: store.endChecksum,
        records: [encodeRecord({ kind: 'Topic', version: 0, value: { name: `orders-${index}`, topicId: new Uint8Array(16).fill(index + 100) } })],
        requests: [{ requestId: new Uint8Array(16).fill(9), firstRecord: 0, items: [{ errorCode: 0 }] }],
      }),
    );
  }
  await new Promise<void>((resolve) => store.close(resolve));
  elections.close();
}

function flipByte(position: number): void {
  const fd = openSync(segment(), 'r+');
  const byte = readFileSync(segment())[position]!;
  writeSync(fd, Uint8Array.of(byte ^ 0x40), 0, 1, position);
  closeSync(fd);
}

describe('log dump', () => {
  it('prints each batch and each record as a line of JSON, with request ids', async () => {
    const { exitCode } = await run(logDump, '-d', data);

    expect(exitCode).toBe(0);
    expect(said().filter(({ batch }) => batch !== undefined)).toHaveLength(BATCHES);
    expect(said()[0]).toMatchObject({ batch: { path: expect.stringContaining('.log'), position: 12288, baseOffset: 0, epoch: 7, isControl: false, requests: [{ id: '09090909-0909-0909-0909-090909090909', items: [{ error: 'NONE' }] }] } });
    expect(said()[3]).toEqual({ record: { offset: 1, kind: 'Topic', version: 0, value: { name: 'orders-1', topicId: uuidFromBytes(new Uint8Array(16).fill(101)) } } });
  });

  it.each([['2', [2]], ['1..3', [1, 2]], ['3..', [3, 4]]])('prints the records of a range: %s', async (range, offsets) => {
    await run(logDump, '-c', file, '--offset', range);

    expect(said().flatMap(({ record }) => (record === undefined ? [] : [record['offset']]))).toEqual(offsets);
  });

  it('says where the damage is, goes on behind it, and ends with 1', async () => {
    const size = statSync(segment()).size;
    flipByte(12_288 + Math.floor(((size - 12_288) / BATCHES) * 2.5));

    const { exitCode } = await run(logDump, '-d', data);

    expect(exitCode).toBe(1);
    expect(said().flatMap(({ record }) => (record === undefined ? [] : [record['offset']]))).toEqual([0, 1, 3, 4]);
    expect(said().find(({ damage }) => damage !== undefined)).toMatchObject({ damage: { offset: 2, problem: expect.stringContaining('checksum') } });
  });

  it('shows a snapshot', async () => {
    await run(logDump, '-d', data, '--snapshot', '00000000000000000000-0000000000.checkpoint');

    expect(said().flatMap(({ record }) => (record === undefined ? [] : [record['kind']]))).toEqual(['SnapshotHeader', 'KRaftVersion', 'KRaftVoters', 'FeatureLevel', 'SnapshotFooter']);
  });

  it.each([[['--offset', 'x']], [['--snapshot', 'none.checkpoint']], [['-c', 'FILE']]])('refuses %j', async (args) => {
    await expect(run(logDump, '-d', data, ...args.map((arg) => (arg === 'FILE' ? file : arg)))).rejects.toThrow();
  });
});

describe('log verify', () => {
  it('says that a log is whole, with its end, its voters and its election state', async () => {
    const { lines, exitCode } = await run(logVerify, '-c', file);

    expect(exitCode).toBe(0);
    expect(lines.at(-1)).toBe('WHOLE');
    expect(lines.join('\n')).toMatch(/offsets 0 to 5 \(exclusive\), last epoch 7, 5 records in 5 batches/);
    expect(lines.join('\n')).toContain(OTHERS[0]);
  });

  it('says the same to programs', async () => {
    const { lines } = await run(logVerify, '-d', data, '--json');

    expect(JSON.parse(lines.join('\n'))).toMatchObject({ verdict: 'whole', clusterId: 'my-cluster', log: { endOffset: 5, lastEpoch: 7, flushedOffset: 5 }, findings: [] });
  });

  it.each([
    ['a flipped bit in the log', () => flipByte(12_300), 'DAMAGED', /damage .*000\.log \(byte 12288, offset 0\).*checksum/],
    ['a log that was cut off', () => truncateSync(segment(), statSync(segment()).size - 10), 'DAMAGED', /damage .*offset 4.*ends within a batch/],
    ['a header that was hit', () => flipByte(30), 'DAMAGED', /damage .*\.log \(byte 0, offset 0\): the header is damaged/],
    ['both copies of quorum-state gone', () => ['quorum-state', 'quorum-state.copy'].forEach((name) => rmSync(path.join(data, '__cluster_metadata-0', name))), 'DAMAGED', /both lost/],
    ['one copy of quorum-state gone', () => rmSync(path.join(data, '__cluster_metadata-0', 'quorum-state')), 'WHOLE', /note .*quorum-state: is not there/],
    ['a snapshot that was cut off', () => truncateSync(path.join(data, '__cluster_metadata-0', '00000000000000000000-0000000000.checkpoint'), 200), 'DAMAGED', /damage .*checkpoint/],
    ['bytes of an unfinished write', () => writeFileSync(segment(), new Uint8Array(60), { flag: 'a' }), 'WHOLE', /note .*unfinished write/],
    ['no leader-epoch-checkpoint', () => rmSync(path.join(data, '__cluster_metadata-0', 'leader-epoch-checkpoint')), 'WHOLE', /note .*leader-epoch-checkpoint/],
  ])('finds %s', async (_, damage, verdict, message) => {
    damage();

    const { lines, exitCode } = await run(logVerify, '-d', data);

    expect(lines.join('\n')).toMatch(message);
    expect([lines.at(-1), exitCode]).toEqual([verdict, verdict === 'WHOLE' ? 0 : 1]);
  });

  it('changes nothing', async () => {
    const before = readdirSync(path.join(data, '__cluster_metadata-0')).map((name) => readFileSync(path.join(data, '__cluster_metadata-0', name)));

    await run(logVerify, '-d', data);

    expect(readdirSync(path.join(data, '__cluster_metadata-0')).map((name) => readFileSync(path.join(data, '__cluster_metadata-0', name)))).toEqual(before);
  });
});

describe('every tool', () => {
  it('answers any arguments with what it does or one line that says what is wrong', async () => {
    const commands = [storageFormat, storageInfo, configPrint, logDump, logVerify, logDiscard, quorumOverrideVoters];
    const words = fc.constantFrom('-c', '-d', '--config', '--directory', '--offset', '--voters', '--confirm', '--recovery-id', '--snapshot', '--json', '--headers', '-t', '-I', file, data, home, '', '--', '-', '1..', '9'.repeat(30), OTHERS[0]!, '1@[::1]:1:x', '__proto__', 'AAAAAAAAAAAAAAAAAAAAAA');
    const args = fc.array(fc.oneof(words, fc.string({ unit: 'binary', maxLength: 12 })), { maxLength: 7 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...commands), args, async (command, given) => {
        // Nothing that would change the directory under the later runs.
        if (given.includes('--confirm')) return;
        await run(command, ...given).catch((error: unknown) => expect([CommandError, ProcessRefusal].some((kind) => error instanceof kind)).toBe(true));
      }),
      { numRuns: 300, seed: 5 },
    );
  });

  it.each([[logDump, []], [logVerify, []], [logDiscard, []], [quorumOverrideVoters, ['--voters', OTHERS[0]!]]])('refuses the directory of a running node ($name)', async (command, args) => {
    const lock = await new Promise<{ release(): void }>((resolve) => lockDataDirectory(data, (result) => resolve(result as { release(): void })));

    await expect(run(command, '-c', file, ...args)).rejects.toThrow(/is in use: this is for a node that is stopped/);
    lock.release();
  });

  it('refuses a directory that is not ours', async () => {
    await expect(run(logVerify, '-d', home)).rejects.toThrow(/no formatted data directory of ours/);
    await expect(run(logDump, '-d', path.join(home, 'nowhere'))).rejects.toThrow('does not exist');
  });
});

describe('log discard', () => {
  it('explains what it means for the voters, and changes nothing before it is confirmed', async () => {
    const id = property('directory.id');

    const { lines, exitCode } = await run(logDiscard, '-c', file);

    expect(exitCode).toBe(1);
    expect(lines.join('\n')).toContain('It is one of 3 voters');
    expect(lines.join('\n')).toContain('2 of the other 2 voters must be up');
    expect(lines.join('\n')).toContain(`--confirm ${id}`);
    expect(property('directory.id')).toBe(id);
  });

  it('moves the log aside and leaves an empty one under a new directory id', async () => {
    const id = property('directory.id');

    await run(logDiscard, '-c', file, '--confirm', id);

    expect(property('directory.id')).not.toBe(id);
    expect(readdirSync(data)).toContain(`__cluster_metadata-0.discarded-${id}`);
    expect(readFileSync(path.join(data, OPERATIONS_LOG), 'utf8')).toContain('"operation":"log discard"');
    const { store, elections, recovered } = await open();
    expect([recovered.log.endOffset, recovered.voterSets.length, recovered.directoryId]).toEqual([0, 0, property('directory.id')]);
    await new Promise<void>((resolve) => store.close(resolve));
    elections.close();
  });

  it('takes the recovery id of the history to join', async () => {
    const { lines } = await run(logDiscard, '-c', file, '--recovery-id', 'AZqnM2rOdZ-sCtNcFPBbOg', '--confirm', property('directory.id'));

    expect(lines.join('\n')).toContain('In the history that it joins it is no voter');
    expect(property('recovery.id')).toBe('AZqnM2rOdZ-sCtNcFPBbOg');
  });

  it('refuses the log of the only voter', async () => {
    rmSync(data, { recursive: true });
    await run(storageFormat, '-t', 'my-cluster', '-c', file, '--standalone');

    await expect(run(logDiscard, '-c', file, '--confirm', property('directory.id'))).rejects.toThrow('would lose the cluster');
    expect(existsSync(segment())).toBe(true);
  });
});

describe('quorum override-voters', () => {
  const self = (): string => `1@127.0.0.1:19091:${property('directory.id')}`;

  it('shows what is kept and lost, and changes nothing before it is confirmed', async () => {
    const { lines, exitCode } = await run(quorumOverrideVoters, '-c', file, '--voters', self());

    expect(exitCode).toBe(1);
    expect(lines.join('\n')).toContain('offsets below 5');
    expect(lines.join('\n')).toMatch(/no more: 2 \(.*3 \(/);
    expect(lines.join('\n')).toContain('--confirm my-cluster');
    expect(property('recovery.id')).toBe('AAAAAAAAAAAAAAAAAAAAAA');
  });

  it('writes the new voters at the log\'s end, in an epoch far above, with a new recovery id', async () => {
    const { lines } = await run(quorumOverrideVoters, '-c', file, '--voters', self(), '--confirm', 'my-cluster');

    expect(property('recovery.id')).not.toBe('AAAAAAAAAAAAAAAAAAAAAA');
    expect(lines.join('\n')).toContain(`recovery.id ${property('recovery.id')}`);
    const { store, elections, recovered } = await open();
    expect(recovered.voterSets.at(-1)).toMatchObject({ offset: 7, voters: [{ id: 1 }] });
    expect(recovered.electionState).toMatchObject({ epoch: 1007, leaderId: 1, votedKey: { id: 1 } });
    expect(recovered.log).toMatchObject({ endOffset: 8, epochs: [{ epoch: 7, startOffset: 0 }, { epoch: 1007, startOffset: 5 }] });
    await new Promise<void>((resolve) => store.close(resolve));
    elections.close();
    expect((await run(logVerify, '-d', data)).lines.at(-1)).toBe('WHOLE');
  });

  it.each([
    ['voters without this node', () => OTHERS.join(','), 'my-cluster', /does not name this node/],
    ['another directory id for this node', () => `1@127.0.0.1:19091:${makeUuid(randomBytes)}`, 'my-cluster', /with directory id/],
    ['no voters at all', () => ',', 'my-cluster', /--voters/],
  ])('refuses %s', async (_, voters, confirm, message) => {
    await expect(run(quorumOverrideVoters, '-c', file, '--voters', voters(), '--confirm', confirm)).rejects.toThrow(message);
    expect(property('recovery.id')).toBe('AAAAAAAAAAAAAAAAAAAAAA');
  });

  it('does not take the name of another cluster for a confirmation', async () => {
    expect((await run(quorumOverrideVoters, '-c', file, '--voters', self(), '--confirm', 'your-cluster')).exitCode).toBe(1);
    expect(property('recovery.id')).toBe('AAAAAAAAAAAAAAAAAAAAAA');
  });

  it('refuses a damaged log', async () => {
    flipByte(12_400);

    await expect(run(quorumOverrideVoters, '-c', file, '--voters', self(), '--confirm', 'my-cluster')).rejects.toThrow('must not become the history');
    expect(property('recovery.id')).toBe('AAAAAAAAAAAAAAAAAAAAAA');
  });
});
