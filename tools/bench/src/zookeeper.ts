import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually, freePorts } from '@quorate/e2e';
import { FramedSocket } from './framed-socket.js';

/** Where Debian's package puts it. */
const JARS = '/usr/share/java';
const MAIN_JAR = `${JARS}/zookeeper.jar`;
const CREATE = 1;

/** Whether ZooKeeper is on the machine, and which one. */
export function zooKeeperVersion(): string | undefined {
  if (!existsSync(MAIN_JAR)) return undefined;
  return readdirSync(JARS).map((name) => /^zookeeper-(\d[\d.]*)\.jar$/.exec(name)?.[1]).find((version) => version !== undefined) ?? 'of Debian';
}

/** Three real servers with fsync on; written to by the client protocol itself. */
export class ZooKeeperCluster {
  readonly #home: string;
  readonly #members: { readonly process: ChildProcess; readonly port: number }[];
  readonly #clients = new Map<number, ZooKeeperClient>();

  private constructor(home: string, members: { readonly process: ChildProcess; readonly port: number }[]) {
    this.#home = home;
    this.#members = members;
  }

  static async start(): Promise<ZooKeeperCluster> {
    const home = mkdtempSync(path.join(tmpdir(), 'quorate-bench-zookeeper-'));
    const ports = await freePorts(9);
    const servers = [0, 1, 2].map((index) => `server.${index + 1}=127.0.0.1:${ports[3 + index]}:${ports[6 + index]}`);
    const members = [0, 1, 2].map((index) => {
      const directory = path.join(home, `n${index}`);
      mkdirSync(directory);
      writeFileSync(path.join(directory, 'myid'), String(index + 1));
      const config = path.join(home, `n${index}.cfg`);
      writeFileSync(config, ['tickTime=1000', 'initLimit=10', 'syncLimit=5', `dataDir=${directory}`, `clientPort=${ports[index]}`, 'clientPortAddress=127.0.0.1', 'admin.enableServer=false', '4lw.commands.whitelist=srvr', 'maxClientCnxns=0', ...servers, ''].join('\n'));
      const log = openSync(path.join(home, `n${index}.log`), 'a');
      const process = spawn('java', ['-Xmx512m', '-cp', `/etc/zookeeper/conf:${MAIN_JAR}:${JARS}/*`, 'org.apache.zookeeper.server.quorum.QuorumPeerMain', config], { stdio: ['ignore', log, log] });
      return { process, port: ports[index]! };
    });
    const cluster = new ZooKeeperCluster(home, members);
    try {
      await eventually('ZooKeeper takes a write', 60_000, () => cluster.create(0, '/ready-'));
      return cluster;
    } catch (error) {
      const log = readFileSync(path.join(home, 'n0.log'), 'utf8').slice(-1500);
      await cluster.stop();
      throw new Error(`ZooKeeper did not start:\n${log}`, { cause: error });
    }
  }

  /** One sequential znode of 40 bytes through member `index`. */
  async create(index: number, prefix = '/bench-'): Promise<void> {
    const member = this.#members[index];
    if (member === undefined) throw new Error(`no member ${index}`);
    let client = this.#clients.get(index);
    if (client === undefined || client.isOver) {
      client = await ZooKeeperClient.connect(member.port);
      this.#clients.set(index, client);
    }
    return client.create(prefix, Buffer.alloc(40, 0x78));
  }

  /** Index of the leading member, as it says itself. */
  async leader(): Promise<number> {
    const modes = await Promise.all(this.#members.map(({ port }) => ask(port, 'srvr').catch(() => '')));
    return modes.findIndex((text) => text.includes('Mode: leader'));
  }

  get pids(): readonly number[] {
    return this.#members.flatMap(({ process }) => (process.pid === undefined ? [] : [process.pid]));
  }

  kill(index: number): void {
    this.#members[index]?.process.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    for (const client of this.#clients.values()) client.close();
    for (const { process } of this.#members) {
      if (process.exitCode !== null || process.signalCode !== null) continue;
      const gone = new Promise((resolve) => process.once('exit', resolve));
      process.kill('SIGKILL');
      await gone;
    }
    rmSync(this.#home, { recursive: true, force: true });
  }
}

/** As much of ZooKeeper's client protocol as a create takes: a session, and requests answered in their order. */
class ZooKeeperClient {
  readonly #frames: FramedSocket;
  #xid = 0;

  private constructor(frames: FramedSocket) {
    this.#frames = frames;
  }

  static async connect(port: number): Promise<ZooKeeperClient> {
    const frames = await FramedSocket.connect(port);
    const hello = Buffer.alloc(4 + 8 + 4 + 8 + 4 + 16);
    hello.writeInt32BE(30_000, 12); // session timeout, milliseconds
    hello.writeInt32BE(16, 24); // length of the password
    const answer = await frames.send(hello);
    if (answer.readInt32BE(4) <= 0) throw new Error('ZooKeeper gave no session');
    return new ZooKeeperClient(frames);
  }

  get isOver(): boolean {
    return this.#frames.isOver;
  }

  async create(prefix: string, data: Buffer): Promise<void> {
    this.#xid += 1;
    const PERSISTENT_SEQUENTIAL = 2;
    const ALL = 31;
    const answer = await this.#frames.send(Buffer.concat([int32(this.#xid), int32(CREATE), text(prefix), int32(data.length), data, int32(1), int32(ALL), text('world'), text('anyone'), int32(PERSISTENT_SEQUENTIAL)]));
    const error = answer.readInt32BE(12);
    if (error !== 0) throw new Error(`ZooKeeper answers ${error}`);
  }

  close(): void {
    this.#frames.close();
  }
}

function ask(port: number, word: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1', () => socket.write(word));
    let answer = '';
    socket.on('data', (bytes) => (answer += bytes.toString()));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.concat([int32(Buffer.byteLength(value)), Buffer.from(value)]);
}
