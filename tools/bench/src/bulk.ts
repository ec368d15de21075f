import { ControllersOnly } from './controllers.js';
import { EtcdCluster, etcdVersion } from './etcd.js';
import { manyInFlight } from './load.js';
import type { Report } from './report.js';

/** Topics of one partition in one request: two records each. */
const TOPICS_A_REQUEST = 100;
const RECORDS_A_TOPIC = 2;
const REQUESTS_IN_FLIGHT = 8;

/** P4: requests of 100 topics (200 records), durable on a majority and applied before the answer; etcd with as many keys in flight. */
export async function benchBulk(options: { readonly runs: number; readonly seconds: number; readonly warmUpSeconds: number }): Promise<Report> {
  const ours = await ControllersOnly.start({ gateways: 0 });
  const etcd = etcdVersion() === undefined ? undefined : await EtcdCluster.start();
  const records: number[] = [];
  const keys: number[] = [];
  let key = 0;
  const etcdLeader = etcd?.leader() ?? 0;
  const put = (): Promise<void> => etcd?.put(etcdLeader, `bulk-${(key += 1)}`, 'x'.repeat(40)) ?? Promise.resolve();
  const bulk = (): Promise<void> => ours.createMany(1, TOPICS_A_REQUEST);
  try {
    await manyInFlight(REQUESTS_IN_FLIGHT, options.warmUpSeconds * 1000, bulk);
    for (let run = 1; run <= options.runs; run += 1) {
      process.stderr.write(`bulk: run ${run} of ${options.runs}\n`);
      records.push((await manyInFlight(REQUESTS_IN_FLIGHT, (options.seconds * 1000) / 2, bulk)) * TOPICS_A_REQUEST * RECORDS_A_TOPIC);
      if (etcd !== undefined) keys.push(await manyInFlight(256, (options.seconds * 1000) / 2, put));
    }
  } finally {
    await ours.stop();
    await etcd?.stop();
  }
  return {
    name: 'bulk',
    rows: [{ id: 'P4', what: `${TOPICS_A_REQUEST} topics a request, ${REQUESTS_IN_FLIGHT} requests in flight`, unit: 'records/s', ours: records, peer: keys.length === 0 ? undefined : { name: 'etcd keys', values: keys }, target: 150_000, better: 'more' }],
    notes: ['records are decided (name checks, placement), durable on a majority and applied before the answer', `peer: etcd ${etcdVersion() ?? 'is not on this machine'}, single puts, 256 in flight`],
  };
}
