import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ListElectionsResponse } from '@quorate/records/gen/quorate/admin/v1/quorum';
import { ElectionOutcome } from '@quorate/records/gen/quorate/admin/v1/quorum';
import { eventually } from './harness/eventually.js';
import { requireProgram } from './harness/require-program.js';
import { call, deadline, TestCluster } from './harness/test-cluster.js';
import { createTopic, getTopic } from './harness/topics.js';

const grpcurl = await requireProgram('grpcurl');
const natsServer = await requireProgram('nats-server');
const BROKERS = ['broker-101', 'broker-102', 'broker-103'];

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.start({ controllers: 3, brokers: 3, natsServer });
});
afterAll(() => cluster?.stop());

function ask(name: string, method: string, body: object): Record<string, never> {
  if (grpcurl === undefined) throw new Error('grpcurl is missing');
  const result = spawnSync(grpcurl, ['-plaintext', '-d', JSON.stringify(body), cluster.address(name), method], { encoding: 'utf8', timeout: 20_000 });
  if (result.status !== 0) throw new Error(`${method}: ${result.stderr}`);
  return JSON.parse(result.stdout) as Record<string, never>;
}

describe('the story: create, see everywhere, kill the leader, create again, ask why', () => {
  it.skipIf(grpcurl === undefined)('creates a topic through the gateway and another through a broker, and each broker has both at the commit offset', async () => {
    const first = ask('gateway', 'quorate.admin.v1.TopicService/CreateTopics', { topics: [{ name: 'orders', partitionCount: 3, replicationFactor: 3 }] });
    const second = ask('broker-102', 'quorate.admin.v1.TopicService/CreateTopics', { topics: [{ name: 'payments', partitionCount: 1, replicationFactor: 2 }] });

    for (const broker of BROKERS) {
      const orders = await getTopic(cluster.metadata(broker), 'orders', Number(first['offset']));
      const payments = await getTopic(cluster.metadata(broker), 'payments', Number(second['offset']));
      expect(orders.topic?.partitions).toHaveLength(3);
      expect(orders.topic?.partitions.every((partition) => partition.isr.length === 3 && partition.leader !== undefined)).toBe(true);
      expect(payments.topic?.partitions[0]?.replicas).toHaveLength(2);
    }
  });

  it('hides the failover from the caller when the active controller is killed, and tells who voted how', async () => {
    const leader = await cluster.leader();
    const killedId = Number(leader.split('-')[1]);

    cluster.process(leader).signal('SIGKILL');
    const offset = await createTopic(cluster.topics(), { name: 'after-the-kill', replicationFactor: 3 });

    for (const broker of BROKERS) expect((await getTopic(cluster.metadata(broker), 'after-the-kill', offset)).topic?.name).toBe('after-the-kill');
    const elections = await eventually('the election is told', 5000, async () => {
      const answer = await call<ListElectionsResponse>((done) => cluster.quorum().listElections({ pageSize: 50, pageToken: '', fromEpoch: 0, wonOnly: true }, deadline(2000), done));
      const won = answer.elections.find((election) => election.previousLeaderId === killedId);
      if (won === undefined) throw new Error('not yet');
      return won;
    });
    expect(elections.outcome).toBe(ElectionOutcome.ELECTION_OUTCOME_WON);
    expect(elections.nodeId).not.toBe(killedId);
    expect(elections.votes.filter((ballot) => ballot.granted).length + 1).toBeGreaterThanOrEqual(2);
    expect(elections.votes.map((ballot) => ballot.voterId).sort()).toEqual([1, 2, 3].filter((id) => id !== elections.nodeId));

    cluster.process(leader).start();
    await cluster.untilReady([leader]);
  });
});
