import { TestCluster, call, deadline } from '@quorate/e2e';
import type { CreateTopicsResponse } from '@quorate/records/gen/quorate/admin/v1/topic';
import { ATTEMPT_MS, gapAfter } from './gap.js';
import type { Report, Row } from './report.js';
import { summarize } from './statistics.js';

/** Kafka's timers alone: nothing is noticed before the fetch timeout. */
const KAFKA_TIMERS = [
  'controller.quorum.election.timeout.ms=1000',
  'controller.quorum.fetch.timeout.ms=2000',
  'controller.quorum.election.backoff.max.ms=1000',
  'controller.quorum.leader.silence.timeout.ms=2000',
];
/** Before the next one, so that the one that was silent has caught up. */
const SETTLE_MS = 1000;

/**
 * P7: how long no write succeeds when the active controller goes silent: it is stopped, so that its connections stay open and
 * nothing comes over them, as when packets are dropped. Afterwards it goes on and finds that it leads no more.
 */
export async function benchSilent(options: { readonly stops: number }): Promise<Report> {
  const ours = await gaps(options.stops, []);
  const kafkas = await gaps(options.stops, KAFKA_TIMERS);
  const row = (what: string, value: number, target: number): Row => ({ id: 'P7', what, unit: 'ms', ours: [value], target, better: 'less' });
  const [at, atKafkas] = [summarize(ours), summarize(kafkas)];
  return {
    name: 'silent',
    rows: [
      row(`no write after the leader goes silent, p50 of ${at.count}`, at.p50, 1000),
      row(`no write after the leader goes silent, p99 of ${at.count}`, at.p99, 1000),
      row(`the same with Kafka's timers alone (1000/2000/1000), p50`, atKafkas.p50, 4000),
      row(`the same with Kafka's timers alone (1000/2000/1000), p99`, atKafkas.p99, 4000),
    ],
    notes: [`each gap: ${describe(ours)} ms`, `with Kafka's timers alone: ${describe(kafkas)} ms`],
  };
}

function describe(gapsMs: readonly number[]): string {
  return gapsMs.map((gap) => gap.toFixed(0)).join(' ');
}

async function gaps(stops: number, properties: readonly string[]): Promise<readonly number[]> {
  const cluster = await TestCluster.start({ controllers: 3, brokers: 3, properties });
  const found: number[] = [];
  let names = 0;
  const topics = cluster.topics();
  const write = (): Promise<unknown> =>
    call<CreateTopicsResponse>((done) =>
      topics.createTopics({ topics: [{ name: `silent-${(names += 1)}`, partitionCount: 1, replicationFactor: 1, assignments: [], configs: [] }], validateOnly: false, atomic: false, requestId: '' } as never, deadline(ATTEMPT_MS * 3), done),
    );
  try {
    for (let warm = 0; warm < 300; warm += 1) await write();
    for (let stop = 1; stop <= stops; stop += 1) {
      const leader = await cluster.leader();
      found.push(await gapAfter(() => cluster.process(leader).signal('SIGSTOP'), write));
      process.stderr.write(`silent: stop ${stop} of ${stops}: ${found.at(-1)?.toFixed(0)} ms\n`);
      cluster.process(leader).signal('SIGCONT');
      await cluster.untilReady([leader]);
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    }
  } finally {
    await cluster.stop();
  }
  return found;
}
