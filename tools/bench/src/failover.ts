import { TestCluster, call, deadline, eventually } from '@quorate/e2e';
import type { CreateTopicsResponse } from '@quorate/records/gen/quorate/admin/v1/topic';
import { EtcdCluster, etcdVersion } from './etcd.js';
import { ATTEMPT_MS, gapAfter } from './gap.js';
import type { Report } from './report.js';
import { summarize } from './statistics.js';

/** A cluster that has just got a member back is given so long to be itself again: kills follow one another rarely. */
const SETTLE_MS = 1000;

/** P6: how long no write succeeds after `kill -9` of the active controller, through the gateway; etcd through a surviving member. */
export async function benchFailover(options: { readonly kills: number; readonly etcdKills: number }): Promise<Report> {
  const gaps = await ourGaps(options.kills);
  const peers = etcdVersion() === undefined ? [] : await etcdGaps(options.etcdKills);
  const ours = summarize(gaps);
  const theirs = summarize(peers);
  const peer = (value: number): { readonly name: string; readonly values: readonly number[] } | undefined => (peers.length === 0 ? undefined : { name: 'etcd', values: [value] });
  return {
    name: 'failover',
    rows: [
      { id: 'P6', what: `no write after kill -9, p50 of ${ours.count} kills`, unit: 'ms', ours: [ours.p50], peer: peer(theirs.p50), target: 60, better: 'less' },
      { id: 'P6', what: `no write after kill -9, p99 of ${ours.count} kills`, unit: 'ms', ours: [ours.p99], peer: peer(theirs.p99), target: 200, better: 'less' },
    ],
    notes: [`each gap: ${gaps.map((gap) => gap.toFixed(0)).join(' ')} ms`, ...(peers.length === 0 ? [] : [`etcd's: ${peers.map((gap) => gap.toFixed(0)).join(' ')} ms`])],
  };
}

async function ourGaps(kills: number): Promise<readonly number[]> {
  const cluster = await TestCluster.start({ controllers: 3, brokers: 3 });
  const gaps: number[] = [];
  let names = 0;
  const topics = cluster.topics();
  const write = (): Promise<unknown> =>
    call<CreateTopicsResponse>((done) =>
      topics.createTopics({ topics: [{ name: `gap-${(names += 1)}`, partitionCount: 1, replicationFactor: 1, assignments: [], configs: [] }], validateOnly: false, atomic: false, requestId: '' } as never, deadline(ATTEMPT_MS), done),
    );
  try {
    for (let warm = 0; warm < 300; warm += 1) await write();
    for (let kill = 1; kill <= kills; kill += 1) {
      const leader = await cluster.leader();
      gaps.push(await gapAfter(() => cluster.process(leader).signal('SIGKILL'), write));
      process.stderr.write(`failover: kill ${kill} of ${kills}: ${gaps.at(-1)?.toFixed(0)} ms\n`);
      await cluster.process(leader).exited();
      cluster.process(leader).start();
      await cluster.untilReady([leader]);
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    }
  } finally {
    await cluster.stop();
  }
  return gaps;
}

/** A killed member stays down; a new cluster for each kill. */
async function etcdGaps(kills: number): Promise<readonly number[]> {
  const gaps: number[] = [];
  for (let kill = 1; kill <= kills; kill += 1) {
    const etcd = await EtcdCluster.start();
    try {
      const leader = await eventually('etcd has a leader', 10_000, () => {
        const index = etcd.leader();
        if (index < 0) throw new Error('none');
        return index;
      });
      const survivor = (leader + 1) % etcd.size;
      let keys = 0;
      for (let warm = 0; warm < 100; warm += 1) await etcd.put(survivor, `warm-${warm}`, 'x');
      gaps.push(await gapAfter(() => etcd.kill(leader), () => etcd.put(survivor, `gap-${(keys += 1)}`, 'x', ATTEMPT_MS)));
      process.stderr.write(`failover: etcd kill ${kill} of ${kills}: ${gaps.at(-1)?.toFixed(0)} ms\n`);
    } finally {
      await etcd.stop();
    }
  }
  return gaps;
}
