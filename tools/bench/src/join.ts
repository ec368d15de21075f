import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { NodeProcess, ROOT, call, deadline, eventually, freePorts, quorate } from '@quorate/e2e';
import type { DescribeQuorumResponse } from '@quorate/records/gen/quorate/admin/v1/quorum';
import { NODE_FLAGS } from './node-flags.js';
import { ControllersOnly } from './controllers.js';
import { oneInFlight } from './load.js';
import { populate } from './populate.js';
import type { Report, Row } from './report.js';
import { summarize } from './statistics.js';

const NEW_NODE = 4;
/** Writes are measured for so long before anybody joins. */
const BEFORE_MS = 5000;

/**
 * P16: an empty controller joins a quorum that holds so many partitions: from its spawn until it is a voter that has all of
 * the log, and what that does to the leader's writes meanwhile.
 */
export async function benchJoin(options: { readonly sizes: readonly number[] }): Promise<Report> {
  const rows: Row[] = [];
  for (const partitions of options.sizes) {
    const { seconds, before, meanwhile } = await measure(partitions);
    const at = `at ${partitions.toLocaleString('en')} partitions`;
    rows.push(
      { id: 'P16', what: `an empty voter joins ${at}`, unit: 's', ours: [seconds], target: 2, better: 'less' },
      { id: 'P16', what: `p99 of a write meanwhile ${at}, against before`, unit: 'times', ours: [meanwhile / before], target: 2, better: 'less' },
    );
  }
  return { name: 'join', rows, notes: ['the new controller is formatted with --no-initial-controllers and has controller.quorum.auto.join.enable=true; its start is part of the time'] };
}

async function measure(partitions: number): Promise<{ readonly seconds: number; readonly before: number; readonly meanwhile: number }> {
  const ours = await ControllersOnly.start({ gateways: 1 });
  const { cluster } = ours;
  let joining: NodeProcess | undefined;
  try {
    await populate(ours, partitions);
    await oneInFlight(BEFORE_MS, () => ours.createOne());
    const before = summarize(await oneInFlight(BEFORE_MS, () => ours.createOne())).p99;
    joining = await newController(ours);
    const startedMs = performance.now();
    joining.start();
    let isIn = false;
    const joined = eventually(`node ${NEW_NODE} is a voter`, 120_000, async () => {
      const answer = await call<DescribeQuorumResponse>((done) => cluster.quorum().describeQuorum({}, deadline(2000), done));
      const voter = answer.voters.find(({ replicaId }) => replicaId === NEW_NODE);
      // It is written to all the time: what it had been sent a moment ago counts.
      if (voter?.lastCaughtUpAgeMs === undefined || voter.lastCaughtUpAgeMs > 100) throw new Error('not yet');
    }).then(() => {
      isIn = true;
      return (performance.now() - startedMs) / 1000;
    });
    const samples: number[] = [];
    while (!isIn) {
      const sentMs = performance.now();
      await ours.createOne();
      samples.push(performance.now() - sentMs);
    }
    return { seconds: await joined, before, meanwhile: summarize(samples).p99 };
  } finally {
    await joining?.kill();
    await ours.stop();
  }
}

async function newController({ cluster }: ControllersOnly): Promise<NodeProcess> {
  const [port, httpPort] = await freePorts(2);
  const bootstrap = [...cluster.members.values()].filter(({ app }) => app === 'quorum-controller').map(({ address }) => address);
  const config = path.join(cluster.home, `controller-${NEW_NODE}.properties`);
  const lines = [
    'process.roles=controller',
    `node.id=${NEW_NODE}`,
    `listeners=CONTROLLER://127.0.0.1:${port}`,
    'controller.listener.names=CONTROLLER',
    'listener.security.protocol.map=CONTROLLER:PLAINTEXT',
    `controller.quorum.bootstrap.servers=${bootstrap.join(',')}`,
    'controller.quorum.auto.join.enable=true',
    `log.dirs=${path.join(cluster.home, 'data', `controller-${NEW_NODE}`)}`,
    `http.listener=127.0.0.1:${httpPort}`,
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  await quorate(['storage', 'format', '-t', cluster.clusterId, '-c', config, '--no-initial-controllers']);
  return new NodeProcess({
    name: `controller-${NEW_NODE}`,
    logFile: path.join(cluster.home, `logs/controller-${NEW_NODE}.log`),
    command: [process.execPath, ...NODE_FLAGS, path.join(ROOT, 'apps/quorum-controller/dist/main.js'), `--config=${config}`],
    kind: 'own',
  });
}
