import { TestCluster, eventually } from '@quorate/e2e';
import { FakeBrokers } from './fake-brokers.js';
import { SubmitStream } from './submit-stream.js';

/** Three real controllers and nothing else, with registrations enough to place one replica anywhere. */
export class ControllersOnly {
  readonly cluster: TestCluster;
  #brokers: FakeBrokers | undefined;
  #stream: SubmitStream | undefined;
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
    if (this.#stream === undefined) throw new Error('not connected');
    const answers = await this.#stream.send(
      Array.from({ length: requests }, () => ({
        write: {
          $case: 'createTopics' as const,
          value: { topics: Array.from({ length: topics }, () => this.#topic()), validateOnly: false, atomic: false, requestId: '' },
        },
      })),
    );
    for (const { answer } of answers) {
      if (answer?.$case !== 'createTopics') throw new Error(`the write failed: ${JSON.stringify(answer)}`);
      const failed = answer.value.topics.find((topic) => topic.error !== undefined && topic.error.code !== 0);
      if (failed !== undefined) throw new Error(`${failed.name}: ${failed.error?.message}`);
    }
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
