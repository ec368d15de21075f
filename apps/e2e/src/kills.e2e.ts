import { describe, expect, it } from 'vitest';
import { eventually } from './harness/eventually.js';
import { imagesAtOneOffset } from './harness/images.js';
import { wantProgram } from './harness/require-program.js';
import { createTopic, TopicLoad, topicNames } from './harness/topics.js';
import { useCluster } from './harness/use-cluster.js';

const natsServer = await wantProgram('nats-server');
const KILLS = 20;
const WRITES_BETWEEN_KILLS = 40;
const CONTROLLERS = ['controller-1', 'controller-2', 'controller-3'];
const EVERYBODY = [...CONTROLLERS, 'broker-101', 'broker-102', 'broker-103', 'gateway'];

const cluster = useCluster('kills', { controllers: 3, brokers: 3, natsServer: natsServer.path });

/** Every process has all of these topics, and all processes hold the same image. */
async function expectEverywhere(topics: readonly string[], lastTopic: string): Promise<void> {
  const offset = await createTopic(cluster().topics(), { name: lastTopic });
  for (const name of EVERYBODY) {
    const known = await topicNames(cluster().topics(name), offset);
    expect(topics.filter((topic) => !known.has(topic)), name).toEqual([]);
  }
  const digests = (await imagesAtOneOffset(cluster(), EVERYBODY, offset)).map(({ digest }) => digest);
  expect(new Set(digests).size, digests.join(' ')).toBe(1);
}

describe('kill -9 of the active controller under load', () => {
  it(`loses no acknowledged topic over ${KILLS} kills, and no call fails`, { timeout: 300_000 }, async () => {
    const load = new TopicLoad(cluster().topics(), 4);
    try {
      for (let kill = 0; kill < KILLS; kill += 1) {
        await load.more(WRITES_BETWEEN_KILLS);
        const leader = await cluster().leader();
        await cluster().process(leader).kill();
        await load.more(WRITES_BETWEEN_KILLS);
        cluster().process(leader).start();
        await cluster().untilReady([leader]);
      }
    } finally {
      await load.stop();
    }

    await expectEverywhere(load.acknowledged, 'after-the-kills');
    expect(load.failures()).toEqual([]);
    expect(load.acknowledged.length).toBeGreaterThanOrEqual(KILLS * 2 * WRITES_BETWEEN_KILLS);
  });

  it('comes back with everything after all three controllers are killed at once, and no call fails', async () => {
    const load = new TopicLoad(cluster().topics(), 4);
    await load.more(WRITES_BETWEEN_KILLS);

    await Promise.all(CONTROLLERS.map((name) => cluster().process(name).kill()));
    for (const name of CONTROLLERS) cluster().process(name).start();
    await cluster().untilReady(CONTROLLERS);
    await load.more(WRITES_BETWEEN_KILLS);
    await load.stop();

    await expectEverywhere(load.acknowledged, 'after-the-dark');
    expect(load.failures()).toEqual([]);
  });

  it('goes on without a leader that was stopped by SIGSTOP, and takes it back as a follower', async () => {
    const load = new TopicLoad(cluster().topics(), 4);
    await load.more(WRITES_BETWEEN_KILLS);
    const leader = await cluster().leader();

    cluster().process(leader).signal('SIGSTOP');
    try {
      await load.more(WRITES_BETWEEN_KILLS);
      expect(await cluster().leader()).not.toBe(leader);
    } finally {
      cluster().process(leader).signal('SIGCONT');
    }
    await load.more(WRITES_BETWEEN_KILLS);
    await eventually('the stopped one follows', 10_000, async () => {
      await cluster().untilReady([leader]);
      expect(await cluster().leader()).not.toBe(leader);
    });
    await load.stop();

    await expectEverywhere(load.acknowledged, 'after-it-came-back');
    expect(load.failures()).toEqual([]);
  });
});
