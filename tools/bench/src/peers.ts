import { TestCluster, call, deadline, eventually } from '@quorate/e2e';
import type { CreateTopicsResponse } from '@quorate/records/gen/quorate/admin/v1/topic';
import { ControllersOnly } from './controllers.js';
import { costOf, describeCost } from './cost.js';
import { EtcdCluster, etcdVersion } from './etcd.js';
import { ATTEMPT_MS, gapAfter } from './gap.js';
import { KafkaCluster, kafkaVersion } from './kafka.js';
import { manyInFlight, oneInFlight } from './load.js';
import type { Report, Row } from './report.js';
import { summarize } from './statistics.js';
import { ZooKeeperCluster, zooKeeperVersion } from './zookeeper.js';

/** One system under the same questions. */
interface System {
  readonly name: string;
  start(): Promise<Running>;
}

interface Running {
  readonly pids: readonly number[];
  /** One write through connection `slot`. */
  one(slot: number): Promise<unknown>;
  /** One request of a hundred writes; absent where there is no such thing. */
  readonly hundred?: ((slot: number) => Promise<unknown>) | undefined;
  /** A thousand topics in one call. */
  readonly thousand?: (() => Promise<unknown>) | undefined;
  /** How to kill whoever leads, and how to write to the others. */
  beforeTheKill(): Promise<{ readonly kill: () => void; readonly write: () => Promise<unknown> }>;
  stop(): Promise<void>;
}

interface Figures {
  readonly startSeconds: number[];
  readonly p50: number[];
  readonly p99: number[];
  readonly perSecond: number[];
  readonly recordsPerSecond: number[];
  readonly thousandInOne: number[];
  readonly thousandCalls: number[];
  readonly gapMs: number[];
}

/**
 * The same questions to all systems on this machine, one after the other in each round: start to the first write, one write
 * in flight, 64, a hundred a request, a thousand topics, and how long no write succeeds after a `kill -9` of the leader.
 */
export async function benchPeers(options: { readonly runs: number; readonly seconds: number; readonly warmUpSeconds: number; readonly kafkaFolder: string | undefined }): Promise<Report> {
  const systems = [QUORATE, ...(etcdVersion() === undefined ? [] : [ETCD]), ...(zooKeeperVersion() === undefined ? [] : [ZOOKEEPER]), ...(options.kafkaFolder === undefined ? [] : [kafka(options.kafkaFolder)])];
  const figures = new Map<string, Figures>();
  const notes: string[] = [];
  for (let run = 1; run <= options.runs; run += 1) {
    for (const system of systems) {
      process.stderr.write(`peers: ${system.name}, run ${run} of ${options.runs}\n`);
      const found = figures.get(system.name) ?? { startSeconds: [], p50: [], p99: [], perSecond: [], recordsPerSecond: [], thousandInOne: [], thousandCalls: [], gapMs: [] };
      figures.set(system.name, found);
      notes.push(`${system.name}, run ${run}: ${await measure(system, found, options)}`);
    }
  }
  const ours = figures.get(QUORATE.name)!;
  const row = (id: string, what: string, unit: string, of: (figures: Figures) => readonly number[], target: number, better: Row['better']): Row => ({
    id,
    what,
    unit,
    ours: of(ours),
    peers: systems.slice(1).flatMap(({ name }) => {
      const values = of(figures.get(name)!);
      return values.length === 0 ? [] : [{ name, values }];
    }),
    target,
    better,
  });
  return {
    name: 'peers',
    rows: [
      row('P20', 'start to the first write', 's', ({ startSeconds }) => startSeconds, 3, 'less'),
      row('P1', 'one write in flight, p50', 'ms', ({ p50 }) => p50, 0.8, 'less'),
      row('P2', 'one write in flight, p99', 'ms', ({ p99 }) => p99, 4, 'less'),
      row('P3', '64 in flight', 'writes/s', ({ perSecond }) => perSecond, 10_000, 'more'),
      row('P4', '100 writes a request, 8 in flight', 'records/s', ({ recordsPerSecond }) => recordsPerSecond, 150_000, 'more'),
      row('P21', '1,000 topics in one call', 's', ({ thousandInOne }) => thousandInOne, 0.2, 'less'),
      row('P21', '1,000 topics in 1,000 calls, 64 in flight', 's', ({ thousandCalls }) => thousandCalls, 0.5, 'less'),
      row('P6', 'no write after kill -9 of the leader', 'ms', ({ gapMs }) => gapMs, 60, 'less'),
    ],
    notes: [
      `etcd ${etcdVersion() ?? 'is not here'}: puts of 40 bytes to its leader, 256 in flight for "100 a request"; ZooKeeper ${zooKeeperVersion() ?? 'is not here'}: sequential znodes of 40 bytes; Kafka ${options.kafkaFolder === undefined ? 'was not given' : kafkaVersion(options.kafkaFolder)}: CreateTopics to its brokers, 64 connections, 3 controllers and 3 brokers`,
      'ours: CreateTopics of one partition (two records) on one stream to the leader, 3 controllers; after the kill through a gateway, with 3 brokers',
      ...notes,
    ],
  };
}

async function measure(system: System, found: Figures, { seconds, warmUpSeconds }: { readonly seconds: number; readonly warmUpSeconds: number }): Promise<string> {
  const startedMs = performance.now();
  const running = await system.start();
  found.startSeconds.push((performance.now() - startedMs) / 1000);
  const partMs = (seconds * 1000) / 4;
  try {
    await manyInFlight(16, warmUpSeconds * 1000, (index) => running.one(index % 64));
    const cost = costOf(running.pids);
    let writes = 0;
    const one = summarize(await oneInFlight(partMs, () => running.one(0)));
    found.p50.push(one.p50);
    found.p99.push(one.p99);
    writes += one.count;
    const perSecond = await workers(64, partMs, (slot) => running.one(slot));
    found.perSecond.push(perSecond);
    writes += (perSecond * partMs) / 1000;
    const summary = describeCost(cost.end(), Math.round(writes));
    const { hundred, thousand } = running;
    if (hundred !== undefined) found.recordsPerSecond.push((await workers(8, partMs, (slot) => hundred(slot))) * 100);
    if (thousand !== undefined) {
      found.thousandInOne.push(await secondsOf(thousand));
      let left = 1000;
      found.thousandCalls.push(
        await secondsOf(() =>
          Promise.all(
            Array.from({ length: 64 }, async (_, slot) => {
              while (left-- > 0) await running.one(slot);
            }),
          ),
        ),
      );
    }
    const { kill, write } = await running.beforeTheKill();
    found.gapMs.push(await gapAfter(kill, write));
    return `${summary} in the writes of one and 64 in flight`;
  } finally {
    await running.stop();
  }
}

/** So many workers, each with a slot of its own; finished calls a second. */
async function workers(count: number, durationMs: number, once: (slot: number) => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  let finished = 0;
  await Promise.all(
    Array.from({ length: count }, async (_, slot) => {
      while (performance.now() - startedMs < durationMs) {
        await once(slot);
        finished += 1;
      }
    }),
  );
  return finished / ((performance.now() - startedMs) / 1000);
}

async function secondsOf(action: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await action();
  return (performance.now() - startedMs) / 1000;
}

const QUORATE: System = {
  name: 'quorate',
  start: async () => {
    const ours = await ControllersOnly.start({ gateways: 0 });
    const stopLater: (() => Promise<void>)[] = [];
    return {
      pids: [...ours.cluster.members.values()].map(({ process }) => process.pid),
      one: () => ours.createOne(),
      // Two records a topic.
      hundred: () => ours.createMany(1, 50),
      thousand: () => ours.createMany(1, 1000),
      // The kill has a cluster of its own, with brokers and a gateway, as Kafka's has.
      beforeTheKill: async () => {
        const cluster = await TestCluster.start({ controllers: 3, brokers: 3 });
        const topics = cluster.topics();
        let names = 0;
        const write = (): Promise<unknown> =>
          call<CreateTopicsResponse>((done) =>
            topics.createTopics({ topics: [{ name: `gap-${(names += 1)}`, partitionCount: 1, replicationFactor: 1, assignments: [], configs: [] }], validateOnly: false, atomic: false, requestId: '' } as never, deadline(ATTEMPT_MS), done),
          );
        stopLater.push(() => cluster.stop());
        for (let warm = 0; warm < 300; warm += 1) await write();
        const leader = await cluster.leader();
        return { kill: () => cluster.process(leader).signal('SIGKILL'), write };
      },
      stop: async () => {
        for (const stop of stopLater.splice(0)) await stop();
        await ours.stop();
      },
    };
  },
};

const ETCD: System = {
  name: 'etcd',
  start: async () => {
    const etcd = await EtcdCluster.start();
    let leader = await eventually('etcd has a leader', 10_000, () => {
      const index = etcd.leader();
      if (index < 0) throw new Error('none');
      return index;
    });
    let keys = 0;
    const put = (): Promise<void> => etcd.put(leader, `peers-${(keys += 1)}`, 'x'.repeat(40), ATTEMPT_MS);
    return {
      pids: etcd.pids,
      one: put,
      hundred: () => Promise.all(Array.from({ length: 100 }, put)),
      beforeTheKill: async () => {
        const killed = leader;
        leader = (leader + 1) % etcd.size;
        for (let warm = 0; warm < 100; warm += 1) await put();
        return { kill: () => etcd.kill(killed), write: put };
      },
      stop: () => etcd.stop(),
    };
  },
};

const ZOOKEEPER: System = {
  name: 'ZooKeeper',
  start: async () => {
    const zooKeeper = await ZooKeeperCluster.start();
    let through = await zooKeeper.leader();
    return {
      pids: zooKeeper.pids,
      one: () => zooKeeper.create(through),
      hundred: () => Promise.all(Array.from({ length: 100 }, () => zooKeeper.create(through))),
      beforeTheKill: async () => {
        const killed = through;
        through = (through + 1) % 3;
        await zooKeeper.create(through);
        return { kill: () => zooKeeper.kill(killed), write: () => zooKeeper.create(through) };
      },
      stop: () => zooKeeper.stop(),
    };
  },
};

function kafka(folder: string): System {
  return {
    name: 'Kafka',
    start: async () => {
      const cluster = await KafkaCluster.start(folder);
      return {
        pids: cluster.pids,
        one: (slot) => cluster.create(slot, 1),
        hundred: (slot) => cluster.create(slot, 50),
        thousand: () => cluster.create(0, 1000),
        beforeTheKill: async () => {
          const leader = cluster.leader();
          let slot = 0;
          return { kill: () => cluster.kill(leader), write: () => cluster.create((slot += 1) % 64, 1) };
        },
        stop: () => cluster.stop(),
      };
    },
  };
}
