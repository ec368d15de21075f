import { describe, expect, it } from 'vitest';
import { ElectionOutcome, type DescribeQuorumResponse, type Election } from '@quorate/records/gen/quorate/admin/v1/quorum';
import { call, refusedFields } from '../../test/call.js';
import { brokerRecord, SmallImage, topicRecord } from '../../test/small-image.js';
import type { AdminWriter } from './admin-write.js';
import { clusterServiceHandlers } from './cluster-service.js';
import { commandFromWrite } from './command-from-write.js';
import type { QuorumAdmin } from './quorum-reader.js';
import { quorumServiceHandlers } from './quorum-service.js';

const election = (epoch: number, outcome: ElectionOutcome): Election =>
  ({ nodeId: 1, epoch, attempt: 1, outcome, startedAt: { seconds: 1000 + epoch, nanos: 0 }, trigger: 4, lastEpoch: 0, endOffset: 0, previousLeaderId: undefined, phases: undefined, preVotes: [], votes: [] }) as Election;
const WON = ElectionOutcome.ELECTION_OUTCOME_WON;
const LOST = ElectionOutcome.ELECTION_OUTCOME_LOST_VOTE;

const quorum: QuorumAdmin = {
  describe: async () => ({ clusterId: 'cluster', leaderId: 2, leaderEpoch: 5, voters: [{ replicaId: 1 }, { replicaId: 2 }, { replicaId: 3 }], observers: [] }) as unknown as DescribeQuorumResponse,
  elections: async () => ({ elections: [election(5, WON), election(4, LOST), election(3, WON), election(2, WON)], unreachable: [3] }),
  controllers: async () => [],
  addVoter: async ({ voterId, directoryId }) => ({ voter: { voterId: voterId ?? -1, directoryId, listeners: [] }, offset: 12 }),
  removeVoter: async ({ voterId, directoryId }) => ({ voter: { voterId: voterId ?? -1, directoryId, listeners: [] }, offset: 13 }),
  transferLeadership: async ({ successorId, validateOnly }) => ({ previousLeaderId: 2, leaderId: successorId ?? 3, leaderEpoch: validateOnly ? 5 : 6, tookMs: 1 }),
};
const writer: AdminWriter = {
  write: async (body) => {
    commandFromWrite(body);
    return { $case: body.$case, value: { offset: 9, topics: [] } } as never;
  },
};

describe('the cluster service', () => {
  const image = new SmallImage().append(brokerRecord(101), brokerRecord(102, true), topicRecord('orders', 1));
  const handlers = clusterServiceHandlers({ writer, reader: image, quorum });

  it('takes the active controller from the quorum, and the rest from its own image', async () => {
    expect(await handlers.describeCluster({ atLeastOffset: 0 }, call())).toMatchObject({
      clusterId: 'cluster',
      activeControllerId: 2,
      leaderEpoch: 5,
      controllerIds: [1, 2, 3],
      activeBrokerIds: [101],
      inactiveBrokerIds: [102],
      topicCount: 1,
      servedAtOffset: 3,
    });
  });

  it('unregisters a broker, and refuses a wrong id by field', async () => {
    expect(await handlers.unregisterBroker({ brokerId: 102, validateOnly: false, requestId: '' }, call())).toMatchObject({ offset: 9 });
    expect(await refusedFields(() => handlers.unregisterBroker({ brokerId: -1, validateOnly: false, requestId: '' }, call()))).toEqual(['broker_id']);
    expect(await refusedFields(() => handlers.describeCluster({ atLeastOffset: -1 }, call()))).toEqual(['at_least_offset']);
    expect(await refusedFields(() => handlers.listBrokers({ pageSize: 0, pageToken: 'x', atLeastOffset: 0 }, call()))).toEqual(['page_token']);
  });
});

describe('the quorum service', () => {
  const handlers = quorumServiceHandlers(quorum);
  const asking = { pageSize: 0, pageToken: '', fromEpoch: 0, wonOnly: false };

  it('transfers leadership to whom it is told, and refuses a wrong id by field', async () => {
    expect(await handlers.transferLeadership({ successorId: 1, validateOnly: false }, call())).toMatchObject({ leaderId: 1, leaderEpoch: 6 });
    expect(await handlers.transferLeadership({ validateOnly: true }, call())).toMatchObject({ leaderId: 3, leaderEpoch: 5 });
    expect(await refusedFields(() => handlers.transferLeadership({ successorId: -1, validateOnly: false }, call()))).toEqual(['successor_id']);
  });

  it('lists elections newest first, page by page, and says whose are missing', async () => {
    const first = await handlers.listElections({ ...asking, pageSize: 3 }, call());
    const second = await handlers.listElections({ ...asking, pageSize: 3, pageToken: first.nextPageToken }, call());

    expect([...first.elections, ...second.elections].map(({ epoch }) => epoch)).toEqual([5, 4, 3, 2]);
    expect(second.nextPageToken).toBe('');
    expect(first.unreachable).toEqual([3]);
  });

  it('refuses to go on behind an election that is no longer there', async () => {
    const { nextPageToken } = await handlers.listElections({ ...asking, pageSize: 2 }, call());

    // Election 4 was not won: it is not among those that are asked for now.
    expect(await refusedFields(() => handlers.listElections({ ...asking, pageSize: 2, wonOnly: true, pageToken: nextPageToken }, call()))).toEqual(['page_token']);
  });

  it('lists those that were won, or those since an epoch', async () => {
    expect((await handlers.listElections({ ...asking, wonOnly: true }, call())).elections.map(({ epoch }) => epoch)).toEqual([5, 3, 2]);
    expect((await handlers.listElections({ ...asking, fromEpoch: 4 }, call())).elections.map(({ epoch }) => epoch)).toEqual([5, 4]);
  });

  it('passes voter changes on, with presence of the id checked', async () => {
    expect(await handlers.addVoter({ voterId: 0, directoryId: '', listeners: [], timeoutMs: 0, validateOnly: false }, call())).toMatchObject({ voter: { voterId: 0 }, offset: 12 });
    expect(await handlers.removeVoter({ voterId: 4, directoryId: 'AAAAAAAAAAAAAAAAAAAAZA', validateOnly: false }, call())).toMatchObject({ voter: { voterId: 4 }, offset: 13 });
  });

  it('refuses voter changes that name nobody, or addresses that are none', async () => {
    const add = { voterId: 4, directoryId: '', listeners: [], timeoutMs: 0, validateOnly: false };
    const listener = { name: 'CONTROLLER', host: 'h', port: 9093, securityProtocol: 0 };

    expect(await refusedFields(async () => handlers.addVoter({ ...add, voterId: undefined }, call()))).toEqual(['voter_id']);
    expect(await refusedFields(async () => handlers.addVoter({ ...add, voterId: -1, directoryId: 'x' }, call()))).toEqual(['voter_id', 'directory_id']);
    expect(await refusedFields(async () => handlers.addVoter({ ...add, listeners: [listener, { ...listener, host: '' }, { ...listener, port: 70_000 }] }, call()))).toEqual(['listeners[1].host', 'listeners[2].port']);
    expect(await refusedFields(async () => handlers.removeVoter({ voterId: undefined, directoryId: '', validateOnly: false }, call()))).toEqual(['voter_id']);
  });

  it('refuses wrong fields by name', async () => {
    expect(await refusedFields(() => handlers.listElections({ ...asking, fromEpoch: -1 }, call()))).toEqual(['from_epoch']);
    expect(await refusedFields(() => handlers.listElections({ ...asking, pageSize: -1 }, call()))).toEqual(['page_size']);
    expect(await refusedFields(() => handlers.listElections({ ...asking, pageToken: 'x' }, call()))).toEqual(['page_token']);
  });
});
