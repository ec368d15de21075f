import { mkdirSync, mkdtempSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { ClusterServiceClient, MetadataServiceClient, QuorumServiceClient, SessionServiceClient, TopicServiceClient } from '@quorate/rpc';
import { call, deadline } from './calls.js';
import { HOST, planMembers, portCount, type MemberPlan, type TestClusterOptions } from './cluster-plan.js';
import { eventually } from './eventually.js';
import { freePorts } from './free-ports.js';
import { NodeProcess } from './node-process.js';
import { quorate, randomUuid } from './quorate-command.js';
import { ROOT } from './require-program.js';

export interface Member extends MemberPlan {
  readonly process: NodeProcess;
}

interface Nats {
  readonly process: NodeProcess;
  readonly url: string;
}

type Client = { close(): void };
type ClientClass<T extends Client> = new (address: string, creds: ReturnType<typeof credentials.createInsecure>, options: object) => T;

/** The flags that `npm start` gives its processes too. */
const NODE_FLAGS = JSON.parse(readFileSync(path.join(ROOT, 'tools/node-flags.json'), 'utf8')) as readonly string[];
const READY_WITHIN_MS = 45_000;
const CHANNEL = { 'grpc.initial_reconnect_backoff_ms': 50, 'grpc.max_reconnect_backoff_ms': 500, 'grpc.use_local_subchannel_pool': 1 };
const ROUND_ROBIN = { ...CHANNEL, 'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }) };

/** A cluster of real processes in a folder of its own, on ports of its own. */
export class TestCluster {
  readonly home: string;
  readonly clusterId: string;
  readonly members: ReadonlyMap<string, Member>;
  readonly nats: NodeProcess | undefined;
  readonly natsUrl: string | undefined;
  readonly #clients = new Map<ClientClass<Client>, Map<string, Client>>();

  private constructor(parts: { readonly home: string; readonly clusterId: string; readonly members: readonly Member[]; readonly nats: Nats | undefined }) {
    this.home = parts.home;
    this.clusterId = parts.clusterId;
    this.members = new Map(parts.members.map((member) => [member.name, member]));
    this.nats = parts.nats?.process;
    this.natsUrl = parts.nats?.url;
  }

  /** Formats and starts everything; returns when every process says that it is ready. Nothing is left behind when that fails. */
  static async start(options: TestClusterOptions): Promise<TestCluster> {
    const cluster = await TestCluster.prepare(options);
    try {
      cluster.nats?.start();
      for (const { process } of cluster.members.values()) process.start();
      await cluster.untilReady([...cluster.members.keys()]);
      return cluster;
    } catch (error) {
      await cluster.stop().catch(() => undefined);
      throw error;
    }
  }

  /** Formats, starts nothing. */
  static async prepare(options: TestClusterOptions): Promise<TestCluster> {
    const home = mkdtempSync(path.join(tmpdir(), 'quorate-e2e-'));
    try {
      mkdirSync(path.join(home, 'logs'));
      const ports = [...(await freePorts(portCount(options)))];
      const nextPort = (): number => {
        const port = ports.pop();
        if (port === undefined) throw new Error('not enough ports');
        return port;
      };
      const nats = options.natsServer === undefined ? undefined : natsProcess(options.natsServer, home, nextPort());
      const members = planMembers(options, home, nextPort, nats?.url).map((plan) => ({ ...plan, process: memberProcess(plan, home) }));
      const cluster = new TestCluster({ home, clusterId: randomUuid(), members, nats });
      await cluster.#format();
      return cluster;
    } catch (error) {
      rmSync(home, { recursive: true, force: true });
      throw error;
    }
  }

  async #format(): Promise<void> {
    const members = [...this.members.values()];
    for (const member of members) writeFileSync(member.configFile, member.config);
    const voters = members
      .filter(({ app, isSpare }) => app === 'quorum-controller' && !isSpare)
      .map((member) => `${member.nodeId}@${member.address}:${randomUuid()}`)
      .join(',');
    const nodes = members.filter(({ dataDirectory }) => dataDirectory !== undefined);
    const mode = ({ app, isSpare }: Member): readonly string[] => (app !== 'quorum-controller' ? [] : isSpare ? ['--no-initial-controllers'] : ['--initial-controllers', voters]);
    await Promise.all(nodes.map((member) => quorate(['storage', 'format', '-t', this.clusterId, '-c', member.configFile, ...mode(member)])));
  }

  /** The directory of a controller that is not running is gone, and a new one is formatted to join: another replica. */
  async replaceDisk(name: string): Promise<void> {
    const { dataDirectory, configFile } = this.member(name);
    rmSync(dataDirectory!, { recursive: true, force: true });
    await quorate(['storage', 'format', '-t', this.clusterId, '-c', configFile, '--no-initial-controllers']);
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
      await eventually(
        `${name} is ready`,
        withinMs,
        async () => {
          const answer = await fetch(`http://${member.httpAddress}/healthz`, { signal: AbortSignal.timeout(1000) });
          const text = await answer.text();
          if (!answer.ok) throw new Error(`${answer.status} ${text}`);
        },
        () => (member.process.isRunning ? undefined : `${name} has stopped:\n${member.process.lastLines()}`),
      );
    }
  }

  topics(name = 'gateway'): TopicServiceClient {
    return this.#client(name, TopicServiceClient);
  }

  /** A client that knows all of these and uses whichever is there. */
  topicsOfAny(names: readonly string[]): TopicServiceClient {
    return this.#client(names.join(' '), TopicServiceClient);
  }

  quorum(name = 'gateway'): QuorumServiceClient {
    return this.#client(name, QuorumServiceClient);
  }

  cluster(name = 'gateway'): ClusterServiceClient {
    return this.#client(name, ClusterServiceClient);
  }

  session(name: string): SessionServiceClient {
    return this.#client(name, SessionServiceClient);
  }

  metadata(name: string): MetadataServiceClient {
    return this.#client(name, MetadataServiceClient);
  }

  #client<T extends Client>(name: string, make: ClientClass<T>): T {
    const byName = this.#clients.get(make) ?? new Map<string, Client>();
    this.#clients.set(make, byName);
    const client = (byName.get(name) as T | undefined) ?? this.#connect(name.split(' '), make);
    byName.set(name, client);
    return client;
  }

  #connect<T extends Client>(names: readonly string[], make: ClientClass<T>): T {
    const addresses = names.map((name) => this.address(name)).join(',');
    return new make(`ipv4:${addresses}`, credentials.createInsecure(), names.length === 1 ? CHANNEL : ROUND_ROBIN);
  }

  /** Name of the active controller's process, as the gateway tells. */
  async leader(): Promise<string> {
    return eventually('somebody leads', 10_000, async () => {
      const answer = await call<{ leaderId?: number | undefined }>((done) => this.quorum().describeQuorum({}, deadline(2000), done));
      if (answer.leaderId === undefined) throw new Error('no leader');
      return `controller-${answer.leaderId}`;
    });
  }

  /**
   * Ends everything and removes the folder; keeps it when QUORATE_KEEP is set.
   *
   * @throws Error when a process had ended that nobody had told to: a crash, with the end of its log.
   */
  async stop(): Promise<void> {
    for (const byName of this.#clients.values()) for (const client of byName.values()) client.close();
    const all = [...[...this.members.values()].map((member) => member.process), ...(this.nats === undefined ? [] : [this.nats])];
    const crashes = all.flatMap((process) => (process.crash === undefined ? [] : [`${process.name} has crashed (${JSON.stringify(process.crash)}):\n${process.lastLines()}`]));
    await Promise.all(all.map((process) => process.kill()));
    if (process.env['QUORATE_KEEP'] === undefined) rmSync(this.home, { recursive: true, force: true });
    if (crashes.length > 0) throw new Error(crashes.join('\n'));
  }
}

function memberProcess(plan: MemberPlan, home: string): NodeProcess {
  return new NodeProcess({
    name: plan.name,
    logFile: path.join(home, 'logs', `${plan.name}.log`),
    command: [process.execPath, ...NODE_FLAGS, path.join(ROOT, 'apps', plan.app, 'dist/main.js'), `--config=${plan.configFile}`],
    kind: 'own',
  });
}

function natsProcess(program: string, home: string, port: number): Nats {
  return {
    url: `nats://${HOST}:${port}`,
    process: new NodeProcess({ name: 'nats', logFile: path.join(home, 'logs/nats.log'), command: [program, '-a', HOST, '-p', String(port)], kind: 'guarded' }),
  };
}
