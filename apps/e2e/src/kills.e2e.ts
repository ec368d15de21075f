import { describe, expect, it } from 'vitest';
import { eventually } from './harness/eventually.js';
import { wantProgram } from './harness/require-program.js';
import { createTopic, TopicLoad, topicNames } from './harness/topics.js';
import { useCluster } from './harness/use-cluster.js';

const natsServer = await wantProgram('nats-server');
const KILLS = 20;
const WRITES_BETWEEN_KILLS = 40;
const EVERYBODY = ['broker-101', 'broker-102', 'broker-103', 'gateway'];

const cluster = useCluster('kills', { controllers: 3, brokers: 3, natsServer: natsServer.path });

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

    const offset = await createTopic(cluster().topics(), { name: 'the-last' });
    for (const name of EVERYBODY) {
      const known = await topicNames(cluster().topics(name), offset);
      expect(load.acknowledged.filter((topic) => !known.has(topic))).toEqual([]);
    }
    expect(load.failed.map(({ error }) => error.message)).toEqual([]);
    expect(load.acknowledged.length).toBeGreaterThanOrEqual(KILLS * 2 * WRITES_BETWEEN_KILLS);
  });

  it('comes back with everything after all three controllers are killed at once', async () => {
    await createTopic(cluster().topics(), { name: 'before-the-dark', replicationFactor: 3 });
    const controllers = ['controller-1', 'controller-2', 'controller-3'];

    await Promise.all(controllers.map((name) => cluster().process(name).kill()));
    for (const name of controllers) cluster().process(name).start();
    await cluster().untilReady(controllers);

    const offset = await createTopic(cluster().topics(), { name: 'after-the-dark' });
    for (const name of EVERYBODY) expect([...(await topicNames(cluster().topics(name), offset))]).toEqual(expect.arrayContaining(['before-the-dark', 'after-the-dark']));
  });

  it('goes on without a leader that was stopped by SIGSTOP, and takes it back as a follower', async () => {
    const leader = await cluster().leader();
    cluster().process(leader).signal('SIGSTOP');
    try {
      await createTopic(cluster().topics(), { name: 'while-it-was-stopped' });
      expect(await cluster().leader()).not.toBe(leader);
    } finally {
      cluster().process(leader).signal('SIGCONT');
    }
    await eventually('the stopped one follows', 10_000, async () => {
      await cluster().untilReady([leader]);
      expect(await cluster().leader()).not.toBe(leader);
    });
    await createTopic(cluster().topics(), { name: 'after-it-came-back' });
  });
});
