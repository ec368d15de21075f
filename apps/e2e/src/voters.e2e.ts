import type { AddVoterResponse, DescribeQuorumResponse, RemoveVoterResponse } from '@quorate/records/gen/quorate/admin/v1/quorum';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, deadline } from './harness/calls.js';
import { eventually } from './harness/eventually.js';
import { quorate } from './harness/quorate-command.js';
import { createTopic, TopicLoad, topicNames } from './harness/topics.js';
import { useCluster } from './harness/use-cluster.js';

const cluster = useCluster('voters', { controllers: 3, spares: 1, brokers: 1 }, { prepareOnly: true });
const FIRST = ['controller-1', 'controller-2', 'controller-3', 'broker-101', 'gateway'];
const idOf = (name: string): number => cluster().member(name).nodeId!;
const gateway = (): readonly string[] => ['--bootstrap-server', cluster().address('gateway')];

/** Writes that go on from the first test to the last. */
let load: TopicLoad;

function described(): Promise<DescribeQuorumResponse> {
  return call<DescribeQuorumResponse>((done) => cluster().quorum().describeQuorum({}, deadline(5000), done));
}

/** A replica that is gone is told of as an observer for some minutes more. */
const HEARD_MS = 3000;

/** Waits until the leader tells of these voters, committed, and of these controllers as observers that are heard. */
function untilVoters(voters: readonly number[], observers: readonly number[]): Promise<DescribeQuorumResponse> {
  return eventually(`the voters are ${voters.join(',')}`, 10_000, async () => {
    const answer = await described();
    expect(answer.answeredByLeader).toBe(true);
    expect(answer.voters.map(({ replicaId }) => replicaId)).toEqual(voters);
    expect(answer.committedVoters.map(({ voterId }) => voterId)).toEqual(voters);
    const heard = answer.observers.filter(({ replicaId, lastFetchAgeMs }) => replicaId < 100 && (lastFetchAgeMs ?? Infinity) < HEARD_MS);
    expect(heard.map(({ replicaId }) => replicaId)).toEqual(observers);
    return answer;
  });
}

/** Everybody who is asked serves writes, and what was written a moment ago. */
async function untilWritesGoOn(): Promise<void> {
  await load.more(50, 10_000);
}

async function someFollower(): Promise<string> {
  const { voters, leaderId } = await described();
  const ids = voters.map(({ replicaId }) => replicaId).filter((id) => id !== leaderId && id !== 4);
  return `controller-${ids[0]}`;
}

describe('voters of a running cluster come and go', () => {
  beforeAll(async () => {
    for (const name of FIRST) cluster().process(name).start();
    await cluster().untilReady(FIRST);
    load = new TopicLoad(cluster().topics(), 4);
  });
  afterAll(() => load?.stop());

  it('a fourth controller follows without a vote, and says where it listens', async () => {
    cluster().process('controller-4').start();
    await cluster().untilReady(['controller-4']);

    const { observers } = await untilVoters([1, 2, 3], [4]);
    const [spare] = observers.filter(({ replicaId }) => replicaId === 4);
    expect(spare?.directoryId).toMatch(/^.{22}$/);
    expect(spare?.listeners.map(({ host, port }) => `${host}:${port}`)).toEqual([cluster().address('controller-4')]);
  });

  it('it is added by its id alone, through the gateway; a dry run changes nothing', async () => {
    const add = (validateOnly: boolean): Promise<AddVoterResponse> =>
      call<AddVoterResponse>((done) => cluster().quorum().addVoter({ voterId: 4, directoryId: '', listeners: [], timeoutMs: 0, validateOnly }, deadline(10_000), done));

    expect((await add(true)).voter?.voterId).toBe(4);
    await untilVoters([1, 2, 3], [4]);
    const { voter, offset } = await add(false);

    expect(voter?.listeners.map(({ host, port }) => `${host}:${port}`)).toEqual([cluster().address('controller-4')]);
    expect(offset).toBeGreaterThan(0);
    await untilVoters([1, 2, 3, 4], []);
    await untilWritesGoOn();
  });

  it('adding it again is refused, with the error by name', async () => {
    await expect(quorate(['quorum', 'add-controller', ...gateway(), '-i', '4'])).rejects.toThrow('DUPLICATE_VOTER');
  });

  it('a controller whose disk is lost is replaced: its old key is removed, its new one added', async () => {
    const lost = await someFollower();
    const id = idOf(lost);
    const before = (await described()).voters.find(({ replicaId }) => replicaId === id)!.directoryId;
    await cluster().process(lost).kill();
    await cluster().replaceDisk(lost);
    cluster().process(lost).start();
    await cluster().untilReady([lost]);
    expect(await quorate(['quorum', 'describe', ...gateway(), '--status'])).toContain(`"directoryId": "${before}"`);

    await expect(quorate(['quorum', 'add-controller', ...gateway(), '-i', String(id)])).rejects.toThrow('DUPLICATE_VOTER');
    const removed = await quorate(['quorum', 'remove-controller', ...gateway(), '-i', String(id), '-d', before]);
    const added = await eventually('the new disk is added', 10_000, () => quorate(['quorum', 'add-controller', ...gateway(), '-i', String(id)]));

    expect(removed).toContain(before);
    expect(added).not.toContain(before);
    const { voters } = await untilVoters([1, 2, 3, 4], []);
    expect(voters.find(({ replicaId }) => replicaId === id)?.directoryId).not.toBe(before);
    await untilWritesGoOn();
  });

  it('a voter is removed, goes on as an observer, and restarts as one', async () => {
    const removed = await someFollower();
    const id = idOf(removed);
    const rest = [1, 2, 3, 4].filter((one) => one !== id);
    const answer = await call<RemoveVoterResponse>((done) => cluster().quorum('broker-101').removeVoter({ voterId: id, directoryId: '', validateOnly: false }, deadline(10_000), done));
    expect(answer.voter?.voterId).toBe(id);
    await untilVoters(rest, [id]);

    await cluster().process(removed).terminate();
    cluster().process(removed).start();
    await cluster().untilReady([removed]);

    await untilVoters(rest, [id]);
    await cluster().process(removed).terminate();
    await untilWritesGoOn();
  });

  it('the leader removes itself, and another one leads', async () => {
    const leader = await cluster().leader();
    const epoch = (await described()).leaderEpoch;
    const rest = (await described()).voters.map(({ replicaId }) => replicaId).filter((id) => id !== idOf(leader));

    expect(await quorate(['quorum', 'remove-controller', ...gateway(), '-i', String(idOf(leader))])).toMatch(/^Removed controller \d with directory id .{22}, at offset \d+\n$/);

    const after = await untilVoters(rest, [idOf(leader)]);
    expect(after.leaderId).not.toBe(idOf(leader));
    expect(after.leaderEpoch).toBeGreaterThan(epoch);
    await untilWritesGoOn();
    expect(await quorate(['quorum', 'describe', ...gateway(), '--replication'])).toMatch(/^NodeId +DirectoryId +LogEndOffset +Lag .*Status\n\d+ .*Leader\n/);
  });

  it('no write was refused or lost meanwhile', async () => {
    await load.stop();
    const offset = await createTopic(cluster().topics(), { name: 'the-last' });

    expect(load.failures()).toEqual([]);
    const { voters } = await described();
    for (const name of [...voters.map(({ replicaId }) => `controller-${replicaId}`), 'broker-101', 'gateway']) {
      const known = await topicNames(cluster().topics(name), offset);
      expect(load.acknowledged.filter((topic) => !known.has(topic)), name).toEqual([]);
    }
  });
});
