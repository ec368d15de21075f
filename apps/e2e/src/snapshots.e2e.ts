import type { DescribeQuorumResponse } from '@quorate/records/gen/quorate/admin/v1/quorum';
import { beforeAll, describe, expect, it } from 'vitest';
import { call, deadline } from './harness/calls.js';
import { eventually } from './harness/eventually.js';
import { imagesAtOneOffset } from './harness/images.js';
import { createTopic, TopicLoad, topicNames } from './harness/topics.js';
import { useCluster } from './harness/use-cluster.js';

const CONTROLLERS = ['controller-1', 'controller-2', 'controller-3'];
/** Small files and few records, so that within seconds snapshots are made and the log before them goes. */
const SMALL = ['metadata.log.max.records.between.snapshots=150', 'internal.metadata.log.segment.bytes=16384', 'metadata.max.retention.bytes=120000'];

const cluster = useCluster('snapshots', { controllers: 3, brokers: 2, properties: SMALL }, { prepareOnly: true });

/** What a controller tells of itself. */
function own(name: string): Promise<DescribeQuorumResponse> {
  return call<DescribeQuorumResponse>((done) => cluster().quorum(name).describeQuorum({}, deadline(5000), done));
}

async function start(...names: readonly string[]): Promise<void> {
  for (const name of names) cluster().process(name).start();
  await cluster().untilReady(names, 20_000);
}

/** Creates topics for as long as the check fails. */
async function loadUntil(what: string, check: () => Promise<void>): Promise<readonly string[]> {
  const load = new TopicLoad(cluster().topics(), 8);
  try {
    await eventually(what, 20_000, check);
  } finally {
    await load.stop();
  }
  expect(load.failures()).toEqual([]);
  return load.acknowledged;
}

async function someFollower(): Promise<string> {
  const leader = await cluster().leader();
  return CONTROLLERS.find((name) => name !== leader)!;
}

/** How often an event stands in the log of a process. */
const said = (name: string, event: string): number => cluster().process(name).output().split(`:"${event}"`).length - 1;

describe('snapshots of real controllers', () => {
  const topics: string[] = [];

  beforeAll(() => start(...CONTROLLERS, 'broker-101', 'gateway'));

  it('are made by each controller, and the log before them goes', async () => {
    topics.push(
      ...(await loadUntil('two snapshots and a log that begins later', async () => {
        for (const name of CONTROLLERS) {
          const { logStartOffset, latestSnapshot } = await own(name);
          expect(said(name, 'snapshot.made'), name).toBeGreaterThanOrEqual(2);
          expect(logStartOffset, name).toBeGreaterThan(0);
          expect(latestSnapshot?.endOffset, name).toBeGreaterThanOrEqual(logStartOffset);
        }
      })),
    );
  });

  it('are what a controller starts from after kill -9, with the log behind them', async () => {
    const follower = await someFollower();
    await cluster().process(follower).kill();
    expect(said(follower, 'snapshot.loaded')).toBe(0);

    await start(follower);

    expect(said(follower, 'snapshot.loaded')).toBe(1);
  });

  it('are fetched by a controller that was away while the log behind its end was cleaned', async () => {
    const follower = await someFollower();
    const { logEndOffset } = await own(follower);
    await cluster().process(follower).kill();
    topics.push(
      ...(await loadUntil('the log begins behind what it has', async () => {
        const leader = await cluster().leader();
        expect((await own(leader)).logStartOffset).toBeGreaterThan(logEndOffset);
      })),
    );
    const before = said(follower, 'snapshot.loaded');

    await start(follower);

    const after = await own(follower);
    expect(after.logStartOffset).toBeGreaterThan(logEndOffset);
    expect(said(follower, 'snapshot.loaded')).toBeGreaterThan(before);
  });

  it('are fetched by a broker that joins when the log no longer begins at the beginning', async () => {
    await start('broker-102');

    expect(said('broker-102', 'follower.snapshot-loaded')).toBeGreaterThanOrEqual(1);
  });

  it('lose nothing: every process has every topic, and all images are the same', async () => {
    const everybody = [...CONTROLLERS, 'broker-101', 'broker-102', 'gateway'];
    const offset = await createTopic(cluster().topics(), { name: 'the-last' });
    for (const name of everybody) {
      const known = await topicNames(cluster().topics(name), offset);
      expect(topics.filter((topic) => !known.has(topic)), name).toEqual([]);
    }
    const digests = (await imagesAtOneOffset(cluster(), everybody, offset)).map(({ digest }) => digest);

    expect(new Set(digests).size, digests.join(' ')).toBe(1);
    for (const name of CONTROLLERS) expect((await own(name)).differingImages, name).toBe(0);
  });
});
