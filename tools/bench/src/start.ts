import { TestCluster, call, deadline, eventually } from '@quorate/e2e';
import type { CreateTopicsResponse, ListTopicsResponse } from '@quorate/records/gen/quorate/admin/v1/topic';
import type { Report } from './report.js';

const TOPICS = 100;
const PARTITIONS_A_TOPIC = 10;

/** P20: 3 + 3 processes with 100 topics of 10 partitions on disk: from the first spawn until all say ready and the gateway lists them all. */
export async function benchStart(options: { readonly runs: number; readonly natsServer: string | undefined }): Promise<Report> {
  const cluster = await TestCluster.start({ controllers: 3, brokers: 3, natsServer: options.natsServer });
  const seconds: number[] = [];
  try {
    await call<CreateTopicsResponse>((done) =>
      cluster.topics().createTopics(
        {
          topics: Array.from({ length: TOPICS }, (_, index) => ({ name: `start-${index}`, partitionCount: PARTITIONS_A_TOPIC, replicationFactor: 3, assignments: [], configs: [] })),
          validateOnly: false,
          atomic: false,
          requestId: '',
        } as never,
        deadline(30_000),
        done,
      ),
    );
    const names = [...cluster.members.keys()];
    for (let run = 1; run <= options.runs; run += 1) {
      // In the order of npm start: a broker that leaves while there is a quorum has no session left to wait for.
      for (const kind of ['broker', 'gateway', 'controller']) {
        await Promise.all(names.filter((name) => name.startsWith(kind)).map((name) => cluster.process(name).terminate()));
      }
      const startedMs = performance.now();
      for (const name of names) cluster.process(name).start();
      await cluster.untilReady(names);
      await eventually('the gateway lists every topic', 20_000, async () => {
        const answer = await call<ListTopicsResponse>((done) => cluster.topics().listTopics({ pageSize: TOPICS * 2, pageToken: '', namePrefix: '', atLeastOffset: 0 }, deadline(2000), done));
        if (answer.topics.length < TOPICS) throw new Error(`${answer.topics.length} topics`);
      });
      seconds.push((performance.now() - startedMs) / 1000);
      process.stderr.write(`start: run ${run} of ${options.runs}: ${seconds.at(-1)?.toFixed(2)} s\n`);
    }
  } finally {
    await cluster.stop();
  }
  return {
    name: 'start',
    rows: [{ id: 'P20', what: `3 + 3 and a gateway, ${TOPICS} topics, ${TOPICS * PARTITIONS_A_TOPIC} partitions: start to ready`, unit: 's', ours: seconds, target: 3, better: 'less' }],
    notes: [options.natsServer === undefined ? 'without NATS' : 'with a real NATS server, started before'],
  };
}
