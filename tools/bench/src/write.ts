import { call, deadline } from '@quorate/e2e';
import type { CreateTopicsResponse } from '@quorate/records/gen/quorate/admin/v1/topic';
import { ControllersOnly } from './controllers.js';
import { EtcdCluster, etcdVersion } from './etcd.js';
import { manyInFlight, oneInFlight } from './load.js';
import type { Report, Row } from './report.js';
import { summarize } from './statistics.js';

interface Samples {
  readonly streamP50: number[];
  readonly streamP99: number[];
  readonly unaryP50: number[];
  readonly unaryP99: number[];
  readonly gatewayP50: number[];
  readonly stream64: number[];
  readonly unary64: number[];
  readonly etcdP50: number[];
  readonly etcdP99: number[];
  readonly etcd64: number[];
}

/** P1–P3: single writes, one and 64 in flight, direct to the leader, with etcd alternating in the same run. */
export async function benchWrite(options: { readonly runs: number; readonly seconds: number; readonly warmUpSeconds: number }): Promise<Report> {
  const ours = await ControllersOnly.start({ gateways: 1 });
  const etcd = etcdVersion() === undefined ? undefined : await EtcdCluster.start();
  const samples: Samples = { streamP50: [], streamP99: [], unaryP50: [], unaryP99: [], gatewayP50: [], stream64: [], unary64: [], etcdP50: [], etcdP99: [], etcd64: [] };
  let keys = 0;
  const put = (): Promise<void> => etcd?.put(etcdLeader, `bench-${(keys += 1)}`, 'x'.repeat(40)) ?? Promise.resolve();
  const etcdLeader = etcd?.leader() ?? 0;
  // One registration record: a unary write of one record.
  const unary = (): Promise<unknown> => ours.brokers.register(101);
  const topics = ours.cluster.topics();
  const throughGateway = (): Promise<unknown> =>
    call<CreateTopicsResponse>((done) => topics.createTopics({ topics: [ours.newTopic()], validateOnly: false, atomic: false, requestId: '' } as never, deadline(5000), done));
  try {
    const warmUpMs = (options.warmUpSeconds * 1000) / 4;
    await manyInFlight(16, warmUpMs, () => ours.createOne());
    await manyInFlight(16, warmUpMs, unary);
    await manyInFlight(16, warmUpMs, throughGateway);
    if (etcd !== undefined) await manyInFlight(16, warmUpMs, put);
    const durationMs = (options.seconds * 1000) / 7;
    for (let run = 1; run <= options.runs; run += 1) {
      process.stderr.write(`write: run ${run} of ${options.runs}\n`);
      const stream = summarize(await oneInFlight(durationMs, () => ours.createOne()));
      samples.streamP50.push(stream.p50);
      samples.streamP99.push(stream.p99);
      if (etcd !== undefined) {
        const puts = summarize(await oneInFlight(durationMs, put));
        samples.etcdP50.push(puts.p50);
        samples.etcdP99.push(puts.p99);
      }
      const calls = summarize(await oneInFlight(durationMs, unary));
      samples.unaryP50.push(calls.p50);
      samples.unaryP99.push(calls.p99);
      samples.gatewayP50.push(summarize(await oneInFlight(durationMs, throughGateway)).p50);
      samples.stream64.push(await manyInFlight(64, durationMs, () => ours.createOne()));
      if (etcd !== undefined) samples.etcd64.push(await manyInFlight(64, durationMs, put));
      samples.unary64.push(await manyInFlight(64, durationMs, unary));
    }
  } finally {
    await ours.stop();
    await etcd?.stop();
  }
  return {
    name: 'write',
    rows: rows(samples),
    notes: [
      'stream: one CreateTopics of one partition (two records) a message, one stream to the leader; unary: RegisterBroker of the same incarnation (one record)',
      `peer: etcd ${etcdVersion() ?? 'is not on this machine'}, three members, Put of 40 bytes to its leader through grpc-js`,
    ],
  };
}

function rows(samples: Samples): readonly Row[] {
  const peer = (values: readonly number[]): Row['peer'] => (values.length === 0 ? undefined : { name: 'etcd', values });
  return [
    { id: 'P1', what: 'one write on a stream, p50', unit: 'ms', ours: samples.streamP50, peer: peer(samples.etcdP50), target: 0.8, better: 'less' },
    { id: 'P1', what: 'one write, unary, p50', unit: 'ms', ours: samples.unaryP50, peer: peer(samples.etcdP50), target: 1.4, better: 'less' },
    { id: 'P1', what: 'one write through the gateway, unary, p50', unit: 'ms', ours: samples.gatewayP50, peer: peer(samples.etcdP50), target: 1.4, better: 'less' },
    { id: 'P2', what: 'one write on a stream, p99', unit: 'ms', ours: samples.streamP99, peer: peer(samples.etcdP99), target: 4, better: 'less' },
    { id: 'P2', what: 'one write, unary, p99', unit: 'ms', ours: samples.unaryP99, peer: peer(samples.etcdP99), target: 4, better: 'less' },
    { id: 'P3', what: '64 in flight on a stream', unit: 'writes/s', ours: samples.stream64, peer: peer(samples.etcd64), target: 10_000, better: 'more' },
    { id: 'P3', what: '64 in flight, unary', unit: 'writes/s', ours: samples.unary64, peer: peer(samples.etcd64), target: 3000, better: 'more' },
  ];
}
