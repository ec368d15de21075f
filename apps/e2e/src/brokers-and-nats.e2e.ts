import { describe, expect, it } from 'vitest';
import type { ListBrokersResponse } from '@quorate/records/gen/quorate/admin/v1/cluster';
import { BrokerState, FollowPath, type DescribeImageResponse } from '@quorate/records/gen/quorate/metadata/v1/metadata';
import { call, deadline } from './harness/calls.js';
import { eventually } from './harness/eventually.js';
import { wantProgram } from './harness/require-program.js';
import { createTopic, getTopic } from './harness/topics.js';
import { useCluster } from './harness/use-cluster.js';

const natsServer = await wantProgram('nats-server');
const BROKERS = ['broker-101', 'broker-102', 'broker-103'];

const cluster = useCluster('brokers-and-nats', {
  controllers: 3,
  brokers: 3,
  natsServer: natsServer.path,
  properties: ['broker.session.timeout.ms=1500', 'broker.heartbeat.interval.ms=300'],
});

async function stateOf(brokerId: number): Promise<BrokerState | undefined> {
  const answer = await call<ListBrokersResponse>((done) => cluster().cluster().listBrokers({ pageSize: 100, pageToken: '', atLeastOffset: 0 }, deadline(2000), done));
  return answer.brokers.find((broker) => broker.id === brokerId)?.state;
}

/** Waits until every broker says that changes come to it that way. */
async function untilFollowing(path: FollowPath): Promise<void> {
  for (const broker of BROKERS) {
    await eventually(`${broker} follows by path ${path}`, 10_000, async () => {
      const image = await call<DescribeImageResponse>((done) => cluster().metadata(broker).describeImage({ atLeastOffset: 0 }, deadline(2000), done));
      expect(image.followPath).toBe(path);
    });
  }
}

describe('brokers and the feed', () => {
  it('fences a killed broker within its session, elects leaders without it, and unfences it when it is back', async () => {
    const offset = await createTopic(cluster().topics(), { name: 'led', partitionCount: 6, replicationFactor: 3 });
    const before = await getTopic(cluster().metadata('broker-101'), 'led', offset);
    expect(before.topic?.partitions.some((partition) => partition.leader === 103)).toBe(true);

    await cluster().process('broker-103').kill();
    await eventually('broker 103 is fenced', 10_000, async () => expect(await stateOf(103)).toBe(BrokerState.BROKER_STATE_FENCED));
    const without = await getTopic(cluster().metadata('broker-101'), 'led', 0);
    for (const partition of without.topic?.partitions ?? []) {
      expect(partition.leader).not.toBe(103);
      expect(partition.isr).not.toContain(103);
    }

    cluster().process('broker-103').start();
    await cluster().untilReady(['broker-103']);
    await eventually('broker 103 is active', 10_000, async () => expect(await stateOf(103)).toBe(BrokerState.BROKER_STATE_ACTIVE));
  });

  it('serves every change with NATS killed, hanging, and back, and says which way changes come', async (ctx) => {
    natsServer.pathOrSkip(ctx);
    const nats = cluster().nats;
    if (nats === undefined) throw new Error('NATS was not started');
    const expectEverywhere = async (name: string): Promise<void> => {
      const offset = await createTopic(cluster().topics(), { name });
      for (const broker of BROKERS) expect((await getTopic(cluster().metadata(broker), name, offset, 2000)).topic?.name).toBe(name);
    };
    await untilFollowing(FollowPath.FOLLOW_PATH_FEED);

    await nats.kill();
    await expectEverywhere('without-nats');
    await untilFollowing(FollowPath.FOLLOW_PATH_FETCH);

    nats.start();
    await expectEverywhere('with-nats-again');
    await untilFollowing(FollowPath.FOLLOW_PATH_FEED);

    nats.signal('SIGSTOP');
    await expectEverywhere('while-nats-hangs');
    nats.signal('SIGCONT');
    await expectEverywhere('after-nats-hung');
  });
});
