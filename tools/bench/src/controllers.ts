import { TestCluster, eventually } from '@quorate/e2e';
import { FakeBrokers } from './fake-brokers.js';
import { SubmitStream } from './submit-stream.js';

/** FAILED_PRECONDITION and UNAVAILABLE: somebody else leads, or nobody yet. */
const MOVED: ReadonlySet<number> = new Set([9, 14]);

/** Three real controllers and nothing else, with registrations enough to place one replica anywhere. */
export class ControllersOnly {
  readonly cluster: TestCluster;
  #brokers: FakeBrokers | undefined;
  #stream: SubmitStream | undefined;
  #following: Promise<void> | undefined;
  #names = 0;

  private constructor(cluster: TestCluster) {
    this.cluster = cluster;
  }

  static async start(options: { readonly gateways: number }): Promise<ControllersOnly> {
    const cluster = await TestCluster.start({ controllers: 3, brokers: 0, gateways: options.gateways, properties: ['broker.session.timeout.ms=600000'] });
    const controllers = new ControllersOnly(cluster);
    await controllers.connect();
    return controllers;
  }

  /** Finds the active controller and speaks to it from now on. */
  async connect(): Promise<void> {
    this.#brokers?.close();
    this.#stream?.close();
    await eventually('an active controller takes a registration', 20_000, async () => {
      for (const [name, member] of this.cluster.members) {
        if (!name.startsWith('controller-') || !member.process.isRunning) continue;
        const brokers = new FakeBrokers(member.address, this.cluster.clusterId);
        try {
          for (const id of [101, 102, 103]) await brokers.unfence(id);
        } catch {
          brokers.close();
          continue;
        }
        this.#brokers = brokers;
        this.#stream = new SubmitStream(member.address);
        return;
      }
      throw new Error('no controller took it');
    });
  }

  get brokers(): FakeBrokers {
    if (this.#brokers === undefined) throw new Error('not connected');
    return this.#brokers;
  }

  /** One write on the stream to the leader: a topic of one partition, two records. */
  async createOne(): Promise<void> {
    await this.createMany(1, 1);
  }

  /** `requests` writes in one stream message, each of `topics` topics of one partition; all must succeed. */
  async createMany(requests: number, topics: number): Promise<void> {
    if (this.#stream === undefined) await this.#following;
    const stream = this.#stream;
    if (stream === undefined) throw new Error('not connected');
    const answers = await stream.send(
      Array.from({ length: requests }, () => ({
        write: {
          $case: 'createTopics' as const,
          value: { topics: Array.from({ length: topics }, () => this.#topic()), validateOnly: false, atomic: false, requestId: '' },
        },
      })),
    );
    // On a busy machine leadership may move; whoever writes here writes to the leader alone.
    if (answers.some(({ answer }) => answer?.$case === 'failure' && MOVED.has(answer.value.code))) {
      await this.#follow(stream);
      return this.createMany(requests, topics);
    }
    for (const { answer } of answers) {
      if (answer?.$case !== 'createTopics') throw new Error(`the write failed: ${JSON.stringify(answer)}`);
      const failed = answer.value.topics.find((topic) => topic.error !== undefined && topic.error.code !== 0);
      if (failed !== undefined) throw new Error(`${failed.name}: ${failed.error?.message}`);
    }
  }

  /** Connects anew, once for all whose writes were refused on the same stream. */
  #follow(refused: SubmitStream): Promise<void> {
    if (this.#stream !== refused) return this.#following ?? Promise.resolve();
    this.#stream = undefined;
    process.stderr.write('leadership has moved; the figure includes finding the new leader\n');
    this.#following = this.connect();
    return this.#following;
  }

  #topic() {
    this.#names += 1;
    return { name: `bench-${process.pid}-${this.#names}`, partitionCount: 1, replicationFactor: 1, assignments: [], configs: [] };
  }

  newTopic(): { readonly name: string; readonly partitionCount: number; readonly replicationFactor: number; readonly assignments: never[]; readonly configs: never[] } {
    return this.#topic() as never;
  }

  async stop(): Promise<void> {
    this.#stream?.close();
    this.#brokers?.close();
    await this.cluster.stop();
  }
}
