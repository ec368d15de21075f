import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { eventually, freePorts } from '@quorate/e2e';

/** etcd's Put, by hand: field 1 key, field 2 value, both bytes; the answer is not looked into. */
function putRequest(key: Buffer, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x0a]), varint(key.length), key, Buffer.from([0x12]), varint(value.length), value]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return Buffer.from([...bytes, value]);
}

/** Whether etcd is on the machine, and which one. */
export function etcdVersion(): string | undefined {
  const result = spawnSync('etcd', ['--version'], { encoding: 'utf8' });
  return result.status === 0 ? /etcd Version: (\S+)/.exec(result.stdout)?.[1] : undefined;
}

/** Three real members with fsync on, written to through grpc-js as our own cluster is. */
export class EtcdCluster {
  readonly #home: string;
  readonly #members: { readonly process: ChildProcess; readonly address: string; readonly client: Client }[];

  private constructor(home: string, members: EtcdCluster['members']) {
    this.#home = home;
    this.#members = [...members];
  }

  private get members(): { readonly process: ChildProcess; readonly address: string; readonly client: Client }[] {
    return this.#members;
  }

  static async start(): Promise<EtcdCluster> {
    const home = mkdtempSync(path.join(tmpdir(), 'quorate-bench-etcd-'));
    const ports = await freePorts(6);
    const peers = [0, 1, 2].map((index) => `n${index}=http://127.0.0.1:${ports[index]}`).join(',');
    const members = [0, 1, 2].map((index) => {
      const address = `127.0.0.1:${ports[index + 3]}`;
      const log = openSync(path.join(home, `n${index}.log`), 'a');
      const args = ['--name', `n${index}`, '--data-dir', path.join(home, `n${index}`), '--listen-peer-urls', `http://127.0.0.1:${ports[index]}`];
      args.push('--initial-advertise-peer-urls', `http://127.0.0.1:${ports[index]}`, '--initial-cluster', peers, '--listen-client-urls', `http://${address}`);
      args.push('--advertise-client-urls', `http://${address}`, '--logger', 'zap', '--log-level', 'error');
      const process = spawn('etcd', args, { stdio: ['ignore', log, log] });
      return { process, address, client: new Client(address, credentials.createInsecure(), RECONNECT) };
    });
    const cluster = new EtcdCluster(home, members);
    await eventually('etcd takes a write', 20_000, () => cluster.put(0, 'ready', 'yes', 2000));
    return cluster;
  }

  /** One write through member `index`. */
  put(index: number, key: string, value: string, withinMs = 10_000): Promise<void> {
    const member = this.#members[index];
    if (member === undefined) throw new Error(`no member ${index}`);
    return new Promise((resolve, reject) => {
      member.client.makeUnaryRequest(
        '/etcdserverpb.KV/Put',
        (request: Buffer) => request,
        (answer: Buffer) => answer,
        putRequest(Buffer.from(key), Buffer.from(value)),
        { deadline: Date.now() + withinMs } as never,
        (error: ServiceError | null) => (error === null ? resolve() : reject(error)),
      );
    });
  }

  /** Index of the leading member, as `etcdctl` tells. */
  leader(): number {
    const endpoints = this.#members.filter((member) => member.process.exitCode === null && member.process.signalCode === null).map((member) => member.address);
    const result = spawnSync('etcdctl', ['--endpoints', endpoints.join(','), 'endpoint', 'status', '-w', 'json'], { encoding: 'utf8', env: { ...process.env, ETCDCTL_API: '3' } });
    const rows = JSON.parse(result.stdout) as { readonly Endpoint: string; readonly Status: { readonly header: { readonly member_id: number }; readonly leader: number } }[];
    const leading = rows.find((row) => row.Status.leader === row.Status.header.member_id)?.Endpoint;
    return this.#members.findIndex((member) => member.address === leading);
  }

  get pids(): readonly number[] {
    return this.#members.flatMap(({ process }) => (process.pid === undefined ? [] : [process.pid]));
  }

  get size(): number {
    return this.#members.length;
  }

  kill(index: number): void {
    this.#members[index]?.process.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    for (const member of this.#members) {
      member.client.close();
      if (member.process.exitCode !== null || member.process.signalCode !== null) continue;
      const gone = new Promise((resolve) => member.process.once('exit', resolve));
      member.process.kill('SIGKILL');
      await gone;
    }
    rmSync(this.#home, { recursive: true, force: true });
  }
}

const RECONNECT = { 'grpc.initial_reconnect_backoff_ms': 50, 'grpc.max_reconnect_backoff_ms': 500 };
