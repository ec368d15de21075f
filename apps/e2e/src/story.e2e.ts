import { describe, expect, it } from 'vitest';
import type { ListElectionsResponse } from '@quorate/records/gen/quorate/admin/v1/quorum';
import { ElectionOutcome } from '@quorate/records/gen/quorate/admin/v1/quorum';
import { call, deadline } from './harness/calls.js';
import { eventually } from './harness/eventually.js';
import { ask } from './harness/grpcurl.js';
import { wantProgram } from './harness/require-program.js';
import { createTopic, getTopic } from './harness/topics.js';
import { useCluster } from './harness/use-cluster.js';

const grpcurl = await wantProgram('grpcurl');
const natsServer = await wantProgram('nats-server');
const BROKERS = ['broker-101', 'broker-102', 'broker-103'];

const cluster = useCluster('story', { controllers: 3, brokers: 3, natsServer: natsServer.path });

describe('the story: create, see everywhere, kill the leader, create again, ask why', () => {
  it('creates a topic through the gateway and another through a broker, and each broker has both at the commit offset', async (ctx) => {
    const program = grpcurl.pathOrSkip(ctx);

    const first = ask(program, cluster().address('gateway'), 'quorate.admin.v1.TopicService/CreateTopics', { topics: [{ name: 'orders', partitionCount: 3, replicationFactor: 3 }] });
    const second = ask(program, cluster().address('broker-102'), 'quorate.admin.v1.TopicService/CreateTopics', { topics: [{ name: 'payments', partitionCount: 1, replicationFactor: 2 }] });

    for (const broker of BROKERS) {
      const orders = await getTopic(cluster().metadata(broker), 'orders', Number(first['offset']));
      const payments = await getTopic(cluster().metadata(broker), 'payments', Number(second['offset']));
      expect(orders.topic?.partitions).toHaveLength(3);
      expect(orders.topic?.partitions.every((partition) => partition.isr.length === 3 && partition.leader !== undefined)).toBe(true);
      expect(payments.topic?.partitions[0]?.replicas).toHaveLength(2);
    }
  });

  it('hides the failover from the caller when the active controller is killed, and tells who voted how', async () => {
    const leader = await cluster().leader();
    const killedId = Number(leader.split('-')[1]);

    cluster().process(leader).signal('SIGKILL');
    const offset = await createTopic(cluster().topics(), { name: 'after-the-kill', replicationFactor: 3 });

    for (const broker of BROKERS) expect((await getTopic(cluster().metadata(broker), 'after-the-kill', offset)).topic?.name).toBe('after-the-kill');
    const election = await eventually('the election is told', 5000, async () => {
      const answer = await call<ListElectionsResponse>((done) => cluster().quorum().listElections({ pageSize: 50, pageToken: '', fromEpoch: 0, wonOnly: true }, deadline(2000), done));
      const won = answer.elections.find((candidate) => candidate.previousLeaderId === killedId);
      if (won === undefined) throw new Error('not yet');
      return won;
    });
    const granted = election.votes.filter((ballot) => ballot.granted).map((ballot) => ballot.voterId);
    expect(election.outcome).toBe(ElectionOutcome.ELECTION_OUTCOME_WON);
    expect(election.votes.map((ballot) => ballot.voterId).sort()).toEqual([1, 2, 3]);
    expect(granted.sort()).toEqual([1, 2, 3].filter((id) => id !== killedId));
    expect(granted).toContain(election.nodeId);

    await cluster().process(leader).exited();
    cluster().process(leader).start();
    await cluster().untilReady([leader]);
  });
});
