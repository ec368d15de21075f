import { call, deadline } from '@quorate/e2e';
import type { CreateTopicsResponse } from '@quorate/records/gen/quorate/admin/v1/topic';
import { ControllersOnly } from './controllers.js';
import { describeCost, costOf } from './cost.js';
import { ATTEMPT_MS, gapAfter } from './gap.js';
import type { Report, Row } from './report.js';
import { populate } from './populate.js';
import { sumOf, valueOf } from './scrape.js';
import { summarize } from './statistics.js';

const SETTLE_MS = 1000;
/** What the targets are for. */
const TARGET_SIZE = 1_000_000;

interface AtSize {
  readonly partitions: number;
  readonly gapsMs: readonly number[];
  readonly restartsMs: readonly number[];
  /** After the writes, and of each that was killed, after its restart. */
  readonly residentBytes: readonly number[];
  readonly restartedBytes: readonly number[];
  readonly snapshot: { readonly count: number; readonly seconds: number; readonly longestSliceMs: number } | undefined;
  readonly made: string;
}

/**
 * P9 to P12: three controllers that hold so many partitions with three replicas each: how long no write succeeds after a
 * `kill -9` of the active one, how long the killed one takes from its start until it is ready, what memory each takes, and
 * how long snapshots took and stopped the event loop.
 */
export async function benchAtSize(options: { readonly sizes: readonly number[]; readonly kills: number }): Promise<Report> {
  const found: AtSize[] = [];
  for (const partitions of options.sizes) found.push(await measure(partitions, options.kills));
  const smallest = summarize(found[0]?.gapsMs ?? []).p50;
  return { name: 'size', rows: found.flatMap((each) => rowsOf(each, smallest)), notes: found.flatMap(notesOf) };
}

function rowsOf({ partitions, gapsMs, restartsMs, residentBytes, restartedBytes, snapshot }: AtSize, smallestGapMs: number): readonly Row[] {
  const at = `at ${partitions.toLocaleString('en')} partitions`;
  const gap = summarize(gapsMs);
  const isTarget = partitions >= TARGET_SIZE;
  return [
    { id: 'P9', what: `no write after kill -9 ${at}, p50 of ${gap.count}`, unit: 'ms', ours: [gap.p50], target: 60, better: 'less' },
    { id: 'P9', what: `the same, against the smallest size`, unit: 'times', ours: [gap.p50 / smallestGapMs], target: 1.2, better: 'less' },
    { id: 'P10', what: `a killed controller, start to ready ${at}`, unit: 's', ours: restartsMs.map((ms) => ms / 1000), target: 1, better: 'less' },
    { id: 'P11', what: `memory of a controller that took the writes ${at}`, unit: 'MB', ours: residentBytes.map((bytes) => bytes / 1e6), target: isTarget ? 200 : Number.NaN, better: 'less' },
    { id: 'P11', what: `memory of one that has restarted ${at}`, unit: 'MB', ours: restartedBytes.map((bytes) => bytes / 1e6), target: isTarget ? 200 : Number.NaN, better: 'less' },
    ...(snapshot === undefined
      ? []
      : ([
          { id: 'P12', what: `a snapshot ${at}, mean of ${snapshot.count}`, unit: 's', ours: [snapshot.seconds], target: 0.6, better: 'less' },
          { id: 'P12', what: `longest stop of the loop for the last one ${at}`, unit: 'ms', ours: [snapshot.longestSliceMs], target: 25, better: 'less' },
        ] satisfies Row[])),
  ];
}

function notesOf({ partitions, gapsMs, made }: AtSize): readonly string[] {
  return [`${partitions.toLocaleString('en')} partitions: ${made}`, `each gap: ${gapsMs.map((gap) => gap.toFixed(0)).join(' ')} ms`];
}

async function measure(partitions: number, kills: number): Promise<AtSize> {
  const ours = await ControllersOnly.start({ gateways: 1 });
  const { cluster } = ours;
  const controllers = [...cluster.members.keys()].filter((name) => name.startsWith('controller'));
  const pids = (): readonly number[] => controllers.map((name) => cluster.process(name).pid);
  const topics = cluster.topics();
  let names = 0;
  const create = (): Promise<CreateTopicsResponse> =>
    call<CreateTopicsResponse>((done) =>
      topics.createTopics({ topics: [{ name: `size-${(names += 1)}`, partitionCount: 1, replicationFactor: 1, assignments: [], configs: [] }], validateOnly: false, atomic: false, requestId: '' } as never, deadline(ATTEMPT_MS), done),
    );
  try {
    const cost = costOf(pids());
    const startedMs = performance.now();
    await populate(ours, partitions);
    const seconds = (performance.now() - startedMs) / 1000;
    const made = `made in ${seconds.toFixed(1)} s; ${describeCost(cost.end())}`;
    for (let warm = 0; warm < 200; warm += 1) await create();
    await settle();
    const residentBytes = pids().map((pid) => costOf([pid]).end().residentBytes);
    const snapshot = await snapshots(ours, controllers);
    const gapsMs: number[] = [];
    const restartsMs: number[] = [];
    const restartedBytes: number[] = [];
    for (let kill = 1; kill <= kills; kill += 1) {
      const leader = await cluster.leader();
      gapsMs.push(await gapAfter(() => cluster.process(leader).signal('SIGKILL'), create));
      await cluster.process(leader).exited();
      const restartedMs = performance.now();
      cluster.process(leader).start();
      await cluster.untilReady([leader], 120_000);
      restartsMs.push(performance.now() - restartedMs);
      process.stderr.write(`size ${partitions}: kill ${kill} of ${kills}: ${gapsMs.at(-1)?.toFixed(0)} ms, ready again after ${restartsMs.at(-1)?.toFixed(0)} ms\n`);
      await settle();
      restartedBytes.push(costOf([cluster.process(leader).pid]).end().residentBytes);
    }
    return { partitions, gapsMs, restartsMs, residentBytes, restartedBytes, snapshot, made };
  } finally {
    await ours.stop();
  }
}

async function snapshots(ours: ControllersOnly, controllers: readonly string[]): Promise<AtSize['snapshot']> {
  let count = 0;
  let seconds = 0;
  let longestSliceMs = 0;
  for (const name of controllers) {
    const text = await (await fetch(`http://${ours.cluster.member(name).httpAddress}/metrics`)).text();
    count += sumOf(text, 'quorate_snapshot_duration_seconds_count');
    seconds += sumOf(text, 'quorate_snapshot_duration_seconds_sum');
    longestSliceMs = Math.max(longestSliceMs, (valueOf(text, 'quorate_snapshot_longest_slice_seconds') ?? 0) * 1000);
  }
  return count === 0 ? undefined : { count, seconds: seconds / count, longestSliceMs };
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}
