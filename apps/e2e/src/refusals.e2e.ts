import { createServer, type Server } from 'node:net';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from './harness/eventually.js';
import { quorate, randomUuid } from './harness/quorate-command.js';
import { refusalOf, withKey } from './harness/refusal.js';
import { useCluster } from './harness/use-cluster.js';

/** As in the table of exit codes of the operators' page. */
const CONFIGURATION = 2;
const DATA_DIRECTORY = 3;
const ADDRESS = 4;
const REFUSED_BY_CLUSTER = 7;

const cluster = useCluster('refusals', { controllers: 3, brokers: 1, properties: ['broker.session.timeout.ms=1500', 'broker.heartbeat.interval.ms=300'] }, { prepareOnly: true });
const dataDirectory = (name: string): string => cluster().member(name).dataDirectory ?? '';

/** Moves a file or directory away for as long as `during` takes. */
async function without(file: string, during: () => Promise<void>): Promise<void> {
  const away = path.join(cluster().home, 'away');
  renameSync(file, away);
  try {
    await during();
  } finally {
    rmSync(file, { recursive: true, force: true });
    renameSync(away, file);
  }
}

/** Somebody else listens there for as long as `during` takes. */
async function withTaken(address: string, during: () => Promise<void>): Promise<void> {
  const [host, port] = address.split(':');
  const server = await new Promise<Server>((resolve) => {
    const listening = createServer().listen(Number(port), host, () => resolve(listening));
  });
  try {
    await during();
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Formats a directory beside the node's own, in its name, and gives its path. */
async function formatted(name: string, directory: string, options: { readonly clusterId?: string; readonly change?: (config: string) => string; readonly flags: readonly string[] }): Promise<string> {
  const target = path.join(cluster().home, directory);
  const file = path.join(cluster().home, `${directory}.properties`);
  const config = readFileSync(cluster().member(name).configFile, 'utf8');
  writeFileSync(file, withKey('log.dirs', target)((options.change ?? ((text) => text))(config)));
  await quorate(['storage', 'format', '-t', options.clusterId ?? cluster().clusterId, '-c', file, ...options.flags]);
  return target;
}

/** The same voters at the same addresses, each with a new directory id. */
const otherVoters = (): string => [1, 2, 3].map((id) => `${id}@${cluster().address(`controller-${id}`)}:${randomUuid()}`).join(',');

describe('a start that must be refused, with nothing else running', () => {
  it.each(['controller-1', 'broker-101'])('refuses a directory that is not there, and names the command (%s)', async (name) => {
    await without(dataDirectory(name), async () => {
      const { code, said } = await refusalOf(cluster(), name);
      expect(said).toContain(dataDirectory(name));
      expect(said).toContain('quorate storage format');
      expect(code).toBe(DATA_DIRECTORY);
    });
  });

  it.each([
    ['controller-1', 'interrupted'],
    ['broker-101', 'not formatted'],
  ])('refuses a directory whose formatting did not come to its last step, meta.properties (%s)', async (name, what) => {
    await without(path.join(dataDirectory(name), 'meta.properties'), async () => {
      const { code, said } = await refusalOf(cluster(), name);
      expect(said).toContain(dataDirectory(name));
      expect(said).toContain(what);
      expect(said).toContain('quorate storage format');
      expect(code).toBe(DATA_DIRECTORY);
    });
  });

  it.each([
    ['controller-1', 'controller-2'],
    ['broker-101', 'controller-2'],
  ])('refuses the directory of another node (%s given that of %s)', async (name, other) => {
    const { code, said } = await refusalOf(cluster(), name, withKey('log.dirs', dataDirectory(other)));
    expect(said).toMatch(/belongs to node 2.*node\.id/);
    expect(code).toBe(DATA_DIRECTORY);
  });

  it.each(['controller-1', 'broker-101'])('refuses the directory of another cluster than cluster.id says, naming both ids (%s)', async (name) => {
    const { code, said } = await refusalOf(cluster(), name, withKey('cluster.id', 'another-cluster'));
    expect(said).toContain('another-cluster');
    expect(said).toContain(cluster().clusterId);
    expect(code).toBe(DATA_DIRECTORY);
  });

  it.each(['controller-1', 'broker-101', 'gateway'])('refuses a taken port, naming it and its key (%s)', async (name) => {
    await withTaken(cluster().address(name), async () => {
      const { code, said } = await refusalOf(cluster(), name);
      expect(said).toContain(cluster().address(name));
      expect(said).toContain(name === 'gateway' ? 'gateway.listener' : 'listeners');
      expect(code).toBe(ADDRESS);
    });
  });

  it.each(['controller-1', 'broker-101', 'gateway'])('refuses a taken port of /metrics, naming it and its key (%s)', async (name) => {
    await withTaken(cluster().member(name).httpAddress, async () => {
      const { code, said } = await refusalOf(cluster(), name);
      expect(said).toContain(cluster().member(name).httpAddress);
      expect(said).toContain('http.listener');
      expect(code).toBe(ADDRESS);
    });
  });

  it('refuses a key that it does not know, with the nearest one it does', async () => {
    const { code, said } = await refusalOf(cluster(), 'controller-1', withKey('controller.quorum.fetch.timeout', '2000'));
    expect(said).toContain('controller.quorum.fetch.timeout.ms');
    expect(code).toBe(CONFIGURATION);
  });

  it('refuses a static voter list without directory ids, and says what to do', async () => {
    const three = await refusalOf(cluster(), 'controller-1', withKey('controller.quorum.voters', '1@127.0.0.1:9093,2@127.0.0.1:9094,3@127.0.0.1:9095'));
    expect(three.said).toMatch(/quorate storage format --initial-controllers "1@127\.0\.0\.1:9093:.*controller\.quorum\.bootstrap\.servers=127\.0\.0\.1:9093,127\.0\.0\.1:9094/);
    expect(three.code).toBe(CONFIGURATION);

    const one = await refusalOf(cluster(), 'controller-1', withKey('controller.quorum.voters', '1@127.0.0.1:9093'));
    expect(one.said).toContain('--standalone');
    expect(one.code).toBe(CONFIGURATION);
  });

  it('refuses a controller that was formatted to join and is not told whom', async () => {
    const asFour = withKey('node.id', '4');
    const directory = await formatted('controller-1', 'node-4', { change: asFour, flags: ['--no-initial-controllers'] });
    const alone = (config: string): string => config.replace(/^controller\.quorum\.bootstrap\.servers=.*$/m, '');

    const { code, said } = await refusalOf(cluster(), 'controller-1', (config) => alone(withKey('log.dirs', directory)(asFour(config))));
    expect(said).toContain('controller.quorum.bootstrap.servers');
    expect(code).toBe(CONFIGURATION);
  });

  it('refuses a listener that the voter set does not name', async () => {
    const { code, said } = await refusalOf(cluster(), 'controller-1', (config) => config.replaceAll(cluster().address('controller-1'), '127.0.0.1:20499'));
    expect(said).toContain(cluster().address('controller-1'));
    expect(said).toContain('127.0.0.1:20499');
    expect(code).toBe(CONFIGURATION);
  });
});

describe('a start that must be refused beside a running cluster', () => {
  it('comes up', async () => {
    for (const { process } of cluster().members.values()) process.start();
    await cluster().untilReady([...cluster().members.keys()]);
  });

  it.each(['controller-1', 'broker-101'])('refuses a second process on the same directory, and the first one does not mind (%s)', async (name) => {
    const { code, said } = await refusalOf(cluster(), name);

    expect(said).toMatch(/is in use/);
    expect(said).toContain(`Process ${cluster().process(name).pid} `);
    expect(code).toBe(DATA_DIRECTORY);
    await cluster().untilReady([name]);
  });

  it('refuses a broker of another cluster, naming both', async () => {
    await cluster().process('broker-101').terminate();
    const directory = await formatted('broker-101', 'foreign-broker', { clusterId: 'another-cluster', flags: [] });

    const { code, said } = await refusalOf(cluster(), 'broker-101', withKey('log.dirs', directory));
    expect(said).toContain('another-cluster');
    expect(said).toContain(cluster().clusterId);
    expect(said).toContain('controller.quorum.bootstrap.servers');
    expect(code).toBe(REFUSED_BY_CLUSTER);
    cluster().process('broker-101').start();
    await cluster().untilReady(['broker-101']);
  });

  it('refuses a broker with the node id of a controller', async () => {
    const asTwo = withKey('node.id', '2');
    const directory = await formatted('broker-101', 'broker-2', { change: asTwo, flags: [] });

    const { code, said } = await refusalOf(cluster(), 'broker-101', (config) => asTwo(withKey('log.dirs', directory)(config)).replaceAll(cluster().address('broker-101'), '127.0.0.1:20498').replaceAll(cluster().member('broker-101').httpAddress, '127.0.0.1:20497'));
    expect(said).toContain('INVALID_REGISTRATION: Node id 2 is that of a controller (the controllers are 1, 2, 3)');
    expect(code).toBe(REFUSED_BY_CLUSTER);
  });

  it('refuses a gateway of another cluster, naming both', async () => {
    await cluster().process('gateway').terminate();

    const { code, said } = await refusalOf(cluster(), 'gateway', withKey('cluster.id', 'another-cluster'));
    expect(said).toContain('another-cluster');
    expect(said).toContain(cluster().clusterId);
    expect(code).toBe(REFUSED_BY_CLUSTER);
    cluster().process('gateway').start();
    await cluster().untilReady(['gateway']);
  });

  describe('a controller', () => {
    it('is stopped', async () => {
      expect((await cluster().process('controller-3').terminate()).code).toBe(0);
    });

    it('is refused with the directory of another cluster, which names both', async () => {
      const directory = await formatted('controller-3', 'foreign', { clusterId: 'another-cluster', flags: ['--initial-controllers', otherVoters()] });

      const { code, said } = await refusalOf(cluster(), 'controller-3', withKey('log.dirs', directory));
      expect(said).toContain('another-cluster');
      expect(said).toContain(cluster().clusterId);
      expect(code).toBe(REFUSED_BY_CLUSTER);
    });

    it.each([
      ['other directory ids', () => ['--initial-controllers', otherVoters()]],
      ['itself alone', () => ['--standalone']],
    ])('is refused when its voter list disagrees, naming both and what to do (%s)', async (what, flags) => {
      const directory = await formatted('controller-3', `disagreeing-${what.replaceAll(' ', '-')}`, { flags: flags() });

      const { code, said } = await refusalOf(cluster(), 'controller-3', withKey('log.dirs', directory));
      expect(said).toMatch(/the voters of cluster \S+ are 1 \(directory id \S+\), 2 \(directory id \S+\), 3 \(directory id \S+\)/);
      expect(said).toContain('--initial-controllers');
      expect(code).toBe(REFUSED_BY_CLUSTER);
    });

    it('starts with damage before its flushed marker, names the file, keeps the damaged bytes, and has fetched all again when it is ready', async () => {
      const directory = path.join(dataDirectory('controller-3'), '__cluster_metadata-0');
      const segment = path.join(directory, '00000000000000000000.log');
      const bytes = readFileSync(segment);
      const at = firstBatchAt(bytes) + 60;
      bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      writeFileSync(segment, bytes);
      const process = cluster().process('controller-3');

      process.start();
      await cluster().untilReady(['controller-3']);
      await eventually('the log is whole', 10_000, () => expect(process.output()).toContain('raft.log.repaired'));

      expect(process.output()).toMatch(/"event":"log.recovering".*00000000000000000000\.log/);
      expect(readdirSync(directory).filter((name) => name.endsWith('.damaged'))).not.toHaveLength(0);
      expect(readFileSync(segment).equals(bytes)).toBe(false);
    });
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
