import { TestCluster, call, deadline } from '@quorate/e2e';
import type { TransferLeadershipResponse } from '@quorate/records/gen/quorate/admin/v1/quorum';
import type { CreateTopicsResponse } from '@quorate/records/gen/quorate/admin/v1/topic';
import type { Report } from './report.js';
import { summarize } from './statistics.js';

/** Writers, one call in flight each. */
const WRITERS = 4;
/** Writes before the first transfer and between two. */
const WARM_UP = 300;
const BETWEEN = 100;
/** A gap is looked for until so long after the answer to the transfer. */
const AFTER_MS = 200;

/** P8: a planned hand-over through the gateway, under a load of single writes: the longest time without an answered write, and failed calls. */
export async function benchTransfer(options: { readonly transfers: number }): Promise<Report> {
  const cluster = await TestCluster.start({ controllers: 3, brokers: 3 });
  const load = new Writers(cluster);
  const gaps: number[] = [];
  const answers: number[] = [];
  try {
    await load.more(WARM_UP);
    for (let round = 1; round <= options.transfers; round += 1) {
      const successorId = (Number((await cluster.leader()).split('-')[1]) % 3) + 1;
      await load.more(BETWEEN);
      const beganMs = performance.now();
      const answer = await call<TransferLeadershipResponse>((done) => cluster.quorum().transferLeadership({ successorId, validateOnly: false }, deadline(10_000), done));
      answers.push(performance.now() - beganMs);
      if (answer.leaderId !== successorId) throw new Error(`leadership went to node ${answer.leaderId}, not to ${successorId}`);
      await new Promise((resolve) => setTimeout(resolve, AFTER_MS));
      gaps.push(load.longestGapSince(beganMs));
      process.stderr.write(`transfer ${round} of ${options.transfers}: ${gaps.at(-1)?.toFixed(1)} ms\n`);
    }
  } finally {
    await load.stop();
    await cluster.stop();
  }
  const gap = summarize(gaps);
  return {
    name: 'transfer',
    rows: [
      { id: 'P8', what: `no answered write around a planned hand-over, p50 of ${gap.count}`, unit: 'ms', ours: [gap.p50], peer: undefined, target: 30, better: 'less' },
      { id: 'P8', what: `no answered write around a planned hand-over, p99 of ${gap.count}`, unit: 'ms', ours: [gap.p99], peer: undefined, target: 30, better: 'less' },
      { id: 'P8', what: `failed calls of ${load.answered + load.failures.length}`, unit: 'calls', ours: [load.failures.length], peer: undefined, target: 0, better: 'less' },
    ],
    notes: [
      `each gap: ${gaps.map((ms) => ms.toFixed(1)).join(' ')} ms, ${WRITERS} writers`,
      `longest gap without a transfer, for comparison: ${load.longestQuietGap.toFixed(1)} ms`,
      `TransferLeadership answered after p50 ${summarize(answers).p50.toFixed(1)} ms`,
      ...load.failures.slice(0, 3),
    ],
  };
}

/** Creates topics one after the other, several at a time, and notes when each was answered. */
class Writers {
  readonly failures: string[] = [];
  readonly #answeredMs: number[] = [];
  readonly #cluster: TestCluster;
  readonly #workers: readonly Promise<void>[];
  #stopping = false;
  #names = 0;
  /** Between two answers before the first transfer. */
  longestQuietGap = 0;

  constructor(cluster: TestCluster) {
    this.#cluster = cluster;
    this.#workers = Array.from({ length: WRITERS }, () => this.#write());
  }

  get answered(): number {
    return this.#answeredMs.length;
  }

  async more(count: number): Promise<void> {
    const isFirst = this.#answeredMs.length === 0;
    const wanted = this.#answeredMs.length + count;
    while (this.#answeredMs.length < wanted) await new Promise((resolve) => setTimeout(resolve, 2));
    if (isFirst) this.longestQuietGap = this.longestGapSince(this.#answeredMs[Math.floor(count / 2)] ?? 0);
  }

  /** Milliseconds between two answers in a row, the longest that ended after that moment. */
  longestGapSince(sinceMs: number): number {
    const first = this.#answeredMs.findLastIndex((atMs) => atMs <= sinceMs);
    let longest = 0;
    for (let index = Math.max(1, first + 1); index < this.#answeredMs.length; index += 1) longest = Math.max(longest, this.#answeredMs[index]! - this.#answeredMs[index - 1]!);
    return longest;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#workers);
  }

  async #write(): Promise<void> {
    const topics = this.#cluster.topics();
    while (!this.#stopping) {
      const name = `transfer-${process.pid}-${(this.#names += 1)}`;
      try {
        const answer = await call<CreateTopicsResponse>((done) =>
          topics.createTopics({ topics: [{ name, partitionCount: 1, replicationFactor: 1, assignments: [], configs: [] }], validateOnly: false, atomic: false, requestId: '' }, deadline(5000), done),
        );
        const error = answer.topics[0]?.error;
        if (error !== undefined && error.code !== 0) throw new Error(error.name);
        this.#answeredMs.push(performance.now());
      } catch (error) {
        this.failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
}
