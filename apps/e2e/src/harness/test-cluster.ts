import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { credentials, type ServiceError } from '@grpc/grpc-js';
import { ClusterServiceClient, MetadataServiceClient, QuorumServiceClient, TopicServiceClient } from '@quorate/rpc';
import { eventually } from './eventually.js';
import { freePorts } from './free-ports.js';
import { NodeProcess } from './node-process.js';
import { ROOT } from './require-program.js';

export interface TestClusterOptions {
  readonly controllers: number;
  readonly brokers: number;
  readonly gateways?: number;
  /** Path of a real nats-server; absent: gRPC alone. */
  readonly natsServer?: string | undefined;
  /** Lines added to every properties file. */
  readonly properties?: readonly string[];
}

interface Member {
  readonly process: NodeProcess;
  readonly address: string;
  readonly httpAddress: string;
  readonly nodeId: number | undefined;
  readonly dataDirectory: string | undefined;
  readonly configFile: string;
}

const HOST = '127.0.0.1';
const READY_WITHIN_MS = 30_000;

/** A cluster of real processes in a folder of its own, on ports of its own. */
export class TestCluster {
  readonly home: string;
  readonly clusterId: string;
  readonly members = new Map<string, Member>();
  readonly nats: NodeProcess | undefined;
  readonly natsUrl: string | undefined;

  private constructor(home: string, clusterId: string, nats: { readonly process: NodeProcess; readonly url: string } | undefined) {
    this.home = home;
    this.clusterId = clusterId;
    this.nats = nats?.process;
    this.natsUrl = nats?.url;
  }

  /** Formats and starts everything; returns when every process says that it is ready. */
  static async start(options: TestClusterOptions): Promise<TestCluster> {
    const cluster = await TestCluster.prepare(options);
    try {
      cluster.nats?.start();
      for (const name of cluster.members.keys()) cluster.member(name).process.start();
      await cluster.untilReady([...cluster.members.keys()]);
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** Formats, starts nothing. */
  static async prepare(options: TestClusterOptions): Promise<TestCluster> {
    const home = mkdtempSync(path.join(tmpdir(), 'quorate-e2e-'));
    mkdirSync(path.join(home, 'logs'));
    const gateways = options.gateways ?? 1;
    const ports = [...(await freePorts(2 * (options.controllers + options.brokers + gateways) + 2))];
    const nextPort = (): number => {
      const port = ports.pop();
      if (port === undefined) throw new Error('not enough ports');
      return port;
    };
    const natsPort = nextPort();
    const nats =
      options.natsServer === undefined
        ? undefined
        : {
            url: `nats://${HOST}:${natsPort}`,
            process: new NodeProcess({ name: 'nats', logFile: path.join(home, 'logs/nats.log'), command: [options.natsServer, '-a', HOST, '-p', String(natsPort)] }),
          };
    const cluster = new TestCluster(home, quorate(['storage', 'random-uuid']).trim(), nats);
    const controllers = Array.from({ length: options.controllers }, (_, index) => ({ id: index + 1, port: nextPort() }));
    const common = [
      `controller.quorum.bootstrap.servers=${controllers.map(({ port }) => `${HOST}:${port}`).join(',')}`,
      ...(nats === undefined ? [] : [`nats.servers=${nats.url}`]),
      ...(options.properties ?? []),
    ];
    for (const { id, port } of controllers) {
      cluster.#add({ name: `controller-${id}`, app: 'quorum-controller', nodeId: id, port, httpPort: nextPort() }, [
        'process.roles=controller',
        `node.id=${id}`,
        `listeners=CONTROLLER://${HOST}:${port}`,
        'controller.listener.names=CONTROLLER',
        'listener.security.protocol.map=CONTROLLER:PLAINTEXT',
        ...common,
      ]);
    }
    for (let index = 0; index < options.brokers; index += 1) {
      const port = nextPort();
      cluster.#add({ name: `broker-${101 + index}`, app: 'broker-metadata-cache', nodeId: 101 + index, port, httpPort: nextPort() }, [
        'process.roles=broker',
        `node.id=${101 + index}`,
        `listeners=PLAINTEXT://${HOST}:${port}`,
        'controller.listener.names=CONTROLLER',
        'listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
        ...common,
      ]);
    }
    for (let index = 0; index < gateways; index += 1) {
      const port = nextPort();
      cluster.#add({ name: index === 0 ? 'gateway' : `gateway-${index + 1}`, app: 'admin-gateway', nodeId: undefined, port, httpPort: nextPort() }, [`gateway.listener=${HOST}:${port}`, ...common]);
    }
    cluster.#format();
    return cluster;
  }

  #add(member: { readonly name: string; readonly app: string; readonly nodeId: number | undefined; readonly port: number; readonly httpPort: number }, lines: readonly string[]): void {
    const configFile = path.join(this.home, `${member.name}.properties`);
    const dataDirectory = member.nodeId === undefined ? undefined : path.join(this.home, 'data', member.name);
    writeFileSync(configFile, [...lines, ...(dataDirectory === undefined ? [] : [`log.dirs=${dataDirectory}`]), `http.listener=${HOST}:${member.httpPort}`, ''].join('\n'));
    this.members.set(member.name, {
      nodeId: member.nodeId,
      address: `${HOST}:${member.port}`,
      httpAddress: `${HOST}:${member.httpPort}`,
      dataDirectory,
      configFile,
      process: new NodeProcess({
        name: member.name,
        logFile: path.join(this.home, 'logs', `${member.name}.log`),
        command: [process.execPath, path.join(ROOT, 'apps', member.app, 'dist/main.js'), `--config=${configFile}`],
      }),
    });
  }

  #format(): void {
    const controllers = [...this.members].filter(([name]) => name.startsWith('controller-'));
    const voters = controllers.map(([, member]) => `${member.nodeId}@${member.address}:${quorate(['storage', 'random-uuid']).trim()}`).join(',');
    for (const [name, member] of this.members) {
      if (name.startsWith('controller-')) quorate(['storage', 'format', '-t', this.clusterId, '-c', member.configFile, '--initial-controllers', voters]);
      else if (name.startsWith('broker-')) quorate(['storage', 'format', '-t', this.clusterId, '-c', member.configFile]);
    }
  }

  member(name: string): Member {
    const member = this.members.get(name);
    if (member === undefined) throw new Error(`no process is called ${name}`);
    return member;
  }

  process(name: string): NodeProcess {
    return this.member(name).process;
  }

  address(name: string): string {
    return this.member(name).address;
  }

  /** Waits until each of them answers /healthz with 200; an ended one is an error with the end of its log. */
  async untilReady(names: readonly string[], withinMs = READY_WITHIN_MS): Promise<void> {
    for (const name of names) {
      const member = this.member(name);
      await eventually(`${name} is ready`, withinMs, async () => {
        const answer = await fetch(`http://${member.httpAddress}/healthz`, { signal: AbortSignal.timeout(1000) }).catch((error: unknown) => {
          if (!member.process.isRunning) throw new Error(`${name} has stopped:\n${tail(member.process.output())}`);
          throw error;
        });
        const text = await answer.text();
        if (!answer.ok) throw new Error(`${answer.status} ${text}`);
      });
    }
  }

  topics(name = 'gateway'): TopicServiceClient {
    return this.#client(name, TopicServiceClient);
  }

  quorum(name = 'gateway'): QuorumServiceClient {
    return this.#client(name, QuorumServiceClient);
  }

  cluster(name = 'gateway'): ClusterServiceClient {
    return this.#client(name, ClusterServiceClient);
  }

  metadata(name: string): MetadataServiceClient {
    return this.#client(name, MetadataServiceClient);
  }

  readonly #clients = new Map<string, { close(): void }>();

  #client<T extends { close(): void }>(name: string, make: new (address: string, creds: ReturnType<typeof credentials.createInsecure>, options: object) => T): T {
    const key = `${name} ${make.name}`;
    const known = this.#clients.get(key);
    if (known !== undefined) return known as T;
    const client = new make(this.address(name), credentials.createInsecure(), { 'grpc.initial_reconnect_backoff_ms': 50, 'grpc.max_reconnect_backoff_ms': 500 });
    this.#clients.set(key, client);
    return client;
  }

  /** Name of the active controller's process, as the gateway tells. */
  async leader(): Promise<string> {
    return eventually('somebody leads', 10_000, async () => {
      const answer = await call<{ leaderId?: number | undefined }>((done) => this.quorum().describeQuorum({}, deadline(2000), done));
      if (answer.leaderId === undefined) throw new Error('no leader');
      return `controller-${answer.leaderId}`;
    });
  }

  /** Ends everything and removes the folder; keeps it when QUORATE_KEEP is set. */
  async stop(): Promise<void> {
    for (const client of this.#clients.values()) client.close();
    const all = [...this.members.values()].map((member) => member.process);
    await Promise.all([...all, ...(this.nats === undefined ? [] : [this.nats])].map((process) => process.kill()));
    if (process.env['QUORATE_KEEP'] === undefined) rmSync(this.home, { recursive: true, force: true });
  }
}

/** Runs the operators' command; throws with what it printed when it fails. */
export function quorate(args: readonly string[]): string {
  const result = spawnSync(process.execPath, [path.join(ROOT, 'apps/cli/dist/main.js'), ...args], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`quorate ${args.join(' ')} ended with ${result.status}\n${result.stdout}${result.stderr}`);
  return result.stdout;
}

/** One unary call as a promise; a gRPC error is thrown as it is. */
export function call<T>(start: (done: (error: ServiceError | null, answer: T) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, answer) => (error === null ? resolve(answer) : reject(error)));
  });
}

/** Call options with a deadline so far from now; typed to fit every generated stub's overloads. */
export function deadline(afterMs: number): never {
  return { deadline: Date.now() + afterMs } as never;
}

function tail(text: string): string {
  return text.trimEnd().split('\n').slice(-15).join('\n');
}
