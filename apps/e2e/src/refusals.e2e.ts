import { createServer, type Server } from 'node:net';
import { readFileSync, renameSync, rmSync, writeFileSync, mkdirSync, cpSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { NodeProcess } from './harness/node-process.js';
import { quorate } from './harness/quorate-command.js';
import { ROOT } from './harness/require-program.js';
import { useCluster } from './harness/use-cluster.js';

const cluster = useCluster('refusals', { controllers: 3, brokers: 1 }, { prepareOnly: true });

const dataDirectory = (name: string): string => cluster().member(name).dataDirectory ?? '';

/** Starts one process that must refuse, and gives its exit code and what it said. */
async function refusal(name: string): Promise<{ readonly code: number | null; readonly said: string }> {
  const process = cluster().process(name);
  writeFileSync(process.logFile, '');
  process.start({ mayEnd: true });
  const { code } = await process.exited();
  return { code, said: process.output() };
}

/** Changes a file for one start, and puts it back. */
async function withText(file: string, change: (text: string) => string, during: () => Promise<void>): Promise<void> {
  const before = readFileSync(file, 'utf8');
  writeFileSync(file, change(before));
  try {
    await during();
  } finally {
    writeFileSync(file, before);
  }
}

describe('a start that must be refused', () => {
  it('refuses a directory that was never formatted, and names the command', async () => {
    renameSync(dataDirectory('controller-1'), `${dataDirectory('controller-1')}.away`);
    try {
      const { code, said } = await refusal('controller-1');
      expect(code).not.toBe(0);
      expect(said).toContain(dataDirectory('controller-1'));
      expect(said).toContain('quorate storage format');
    } finally {
      rmSync(dataDirectory('controller-1'), { recursive: true, force: true });
      renameSync(`${dataDirectory('controller-1')}.away`, dataDirectory('controller-1'));
    }
  });

  it('refuses a half-formatted directory', async () => {
    const meta = path.join(dataDirectory('controller-1'), 'meta.properties');
    renameSync(meta, `${cluster().home}/meta.away`);
    try {
      const { code, said } = await refusal('controller-1');
      expect(code).not.toBe(0);
      expect(said).toContain('format');
    } finally {
      renameSync(`${cluster().home}/meta.away`, meta);
    }
  });

  it('refuses the directory of another node', async () => {
    const config = cluster().member('controller-1').configFile;
    await withText(config, (text) => text.replace(dataDirectory('controller-1'), dataDirectory('controller-2')), async () => {
      const { code, said } = await refusal('controller-1');
      expect(code).not.toBe(0);
      expect(said).toMatch(/node\.id/);
    });
  });

  it('refuses the directory of another cluster, naming both ids', async () => {
    const config = cluster().member('controller-1').configFile;
    await withText(config, (text) => `${text}cluster.id=another-cluster\n`, async () => {
      const { code, said } = await refusal('controller-1');
      expect(code).not.toBe(0);
      expect(said).toContain('another-cluster');
      expect(said).toContain(cluster().clusterId);
    });
  });

  it('refuses a taken port, naming it', async () => {
    const [host, port] = cluster().address('controller-1').split(':');
    const server = await new Promise<Server>((resolve) => {
      const listening = createServer().listen(Number(port), host, () => resolve(listening));
    });
    try {
      const { code, said } = await refusal('controller-1');
      expect(code).not.toBe(0);
      expect(said).toContain(String(port));
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('refuses a key that it does not know, with the nearest one it does', async () => {
    await withText(cluster().member('controller-1').configFile, (text) => `${text}controller.quorum.fetch.timeout=2000\n`, async () => {
      const { code, said } = await refusal('controller-1');
      expect(code).not.toBe(0);
      expect(said).toContain('controller.quorum.fetch.timeout.ms');
    });
  });

  it('refuses a static voter list without directory ids, and says what to do', async () => {
    await withText(cluster().member('controller-1').configFile, (text) => `${text}controller.quorum.voters=1@127.0.0.1:9093\n`, async () => {
      const { code, said } = await refusal('controller-1');
      expect(code).not.toBe(0);
      expect(said).toContain('--initial-controllers');
    });
  });

  it('refuses a second process on the same directory, and the first one does not mind', async () => {
    for (const name of ['controller-1', 'controller-2', 'controller-3']) cluster().process(name).start();
    await cluster().untilReady(['controller-1', 'controller-2', 'controller-3']);
    const second = path.join(cluster().home, 'second.properties');
    const [, port] = cluster().address('controller-1').split(':');
    const [, httpPort] = cluster().member('controller-1').httpAddress.split(':');
    writeFileSync(second, readFileSync(cluster().member('controller-1').configFile, 'utf8').replaceAll(`:${port}`, ':0').replaceAll(`:${httpPort}`, ':0'));
    await expect(async () => quorate(['storage', 'format', '-t', cluster().clusterId, '-c', second, '--standalone'])).rejects.toThrow();
    const member = cluster().member('controller-1');
    await withText(member.configFile, (text) => text, async () => {
      const rival = new NodeProcess({ name: 'rival', logFile: path.join(cluster().home, 'logs/rival.log'), command: [process.execPath, path.join(ROOT, 'apps/quorum-controller/dist/main.js'), `--config=${second}`] });
      rival.start({ mayEnd: true });
      const { code } = await rival.exited();
      expect(code).not.toBe(0);
      expect(rival.output()).toMatch(/another process|in use|locked/i);
    });
    await cluster().untilReady(['controller-1']);
  });

  it('refuses damage before the flushed marker, names the file, and goes on as a cluster without that node', async () => {
    await Promise.all(['controller-2', 'controller-3'].map((name) => cluster().untilReady([name])));
    await cluster().process('controller-1').kill();
    const folder = path.join(dataDirectory('controller-1'), '__cluster_metadata-0');
    const segment = path.join(folder, '00000000000000000000.log');
    mkdirSync(path.join(cluster().home, 'away'), { recursive: true });
    cpSync(segment, path.join(cluster().home, 'away/segment'));
    const bytes = readFileSync(segment);
    // Past header and marker slots, inside the first batch.
    const at = firstBatchAt(bytes) + 60;
    bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    writeFileSync(segment, bytes);
    try {
      const { code, said } = await refusal('controller-1');
      expect(code).not.toBe(0);
      expect(said).toContain('00000000000000000000.log');
    } finally {
      cpSync(path.join(cluster().home, 'away/segment'), segment);
    }
    cluster().process('controller-1').start();
    await cluster().untilReady(['controller-1']);
  });
});

/** Where the first batch begins: batches carry magic 1 at byte 8 and base offset 0, after the page of header and markers. */
function firstBatchAt(bytes: Buffer): number {
  for (let at = 4096; at + 48 < bytes.length; at += 4) {
    const length = bytes.readUInt32BE(at + 4);
    if (bytes[at + 8] === 1 && length >= 48 && length < 1 << 20 && bytes.readBigUInt64BE(at + 16) === 0n && bytes.readUInt32BE(at + 36) >= 1) return at;
  }
  throw new Error('no batch found');
}
