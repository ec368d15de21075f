import type { DescribeQuorumResponse, TransferLeadershipResponse } from '@quorate/records/gen/quorate/admin/v1/quorum';
import type { GetTopicResponse } from '@quorate/records/gen/quorate/metadata/v1/metadata';
import { describe, expect, it } from 'vitest';
import { call, deadline } from './harness/calls.js';
import { quorate } from './harness/quorate-command.js';
import { createTopic, TopicLoad } from './harness/topics.js';
import { useCluster } from './harness/use-cluster.js';

const TRANSFERS = 6;
const READS = 40;

const cluster = useCluster('leadership', { controllers: 3, brokers: 3, gateways: 2 });

const transfer = (successorId: number | undefined, validateOnly = false): Promise<TransferLeadershipResponse> =>
  call<TransferLeadershipResponse>((done) => cluster().quorum().transferLeadership({ successorId, validateOnly }, deadline(10_000), done));

async function leaderId(): Promise<number> {
  return Number((await cluster().leader()).split('-')[1]);
}

/** A read of the newest state, of a process that knows no offset to wait for. */
const latest = (name: string, of: string, withinMs = 10_000): Promise<GetTopicResponse> =>
  call<GetTopicResponse>((done) => cluster().metadata(of).getTopic({ topic: { $case: 'name', value: name }, atLeastOffset: 0, linearizable: true }, deadline(withinMs), done));

describe('a planned transfer of leadership', () => {
  it('goes where it is told, again and again under load, and fails no call', { timeout: 120_000 }, async () => {
    const load = new TopicLoad(cluster().topics(), 4);
    const tookMs: number[] = [];
    try {
      for (let round = 0; round < TRANSFERS; round += 1) {
        await load.more(25);
        const successor = ((await leaderId()) % 3) + 1;
        const answer = await transfer(successor);
        expect(answer).toMatchObject({ leaderId: successor });
        tookMs.push(answer.tookMs);
        await load.more(25);
        expect(await leaderId()).toBe(successor);
      }
    } finally {
      await load.stop();
    }
    console.log(`transfers took ${tookMs.map((ms) => ms.toFixed(1)).join(' ')} ms`);
    expect(load.failures()).toEqual([]);
  });

  it('is only described when asked so, and refused for whom no voter is', async () => {
    const before = await leaderId();
    const dry = await transfer(undefined, true);

    expect(dry.leaderId).not.toBe(before);
    expect(await leaderId()).toBe(before);
    await expect(transfer(77)).rejects.toMatchObject({ details: expect.stringContaining('node 77 is not a voter') });
    expect(await transfer(before)).toMatchObject({ previousLeaderId: before, leaderId: before });
  });

  it('is a command for operators', async () => {
    const server = cluster().address('gateway');

    expect(await quorate(['quorum', 'transfer-leadership', '--bootstrap-server', server])).toMatch(/^node \d leads epoch \d+; node \d handed over in [\d.]+ ms\n$/);
  });
});

describe('a linearizable read', () => {
  it('of one gateway sees what was just written through another, and so does one of a broker', async () => {
    for (let round = 0; round < READS; round += 1) {
      const name = `latest-${round}`;
      await createTopic(cluster().topics('gateway'), { name });

      const seen = await Promise.all([latest(name, 'gateway-2'), latest(name, 'broker-102')]);

      expect(seen.map(({ topic }) => topic?.name)).toEqual([name, name]);
    }
  });

  it('of a controller is answered by the active one, and sent there by the others', async () => {
    await createTopic(cluster().topics(), { name: 'asked-of-controllers' });
    const leader = await cluster().leader();
    const other = leader === 'controller-1' ? 'controller-2' : 'controller-1';

    expect((await latest('asked-of-controllers', leader)).topic?.name).toBe('asked-of-controllers');
    await expect(latest('asked-of-controllers', other)).rejects.toMatchObject({ details: expect.stringContaining('is not the active controller') });
  });

  it('is never answered by a leader that was stopped and replaced, from what it knew', { timeout: 60_000 }, async () => {
    const old = await cluster().leader();
    await createTopic(cluster().topics(), { name: 'before-the-stop' });
    cluster().process(old).signal('SIGSTOP');
    try {
      await createTopic(cluster().topics(), { name: 'while-it-stood-still' });
      const asked = latest('while-it-stood-still', old, 8000).then(
        ({ topic }) => topic?.name,
        (error: { details: string }) => error.details,
      );
      // Its socket holds the question; it will find it, and its own state of before, when it wakes.
      await new Promise((resolve) => setTimeout(resolve, 1500));
      cluster().process(old).signal('SIGCONT');

      expect(await asked).toMatch(/^while-it-stood-still$|is not the active controller|knows no active controller|still leads/);
    } finally {
      cluster().process(old).signal('SIGCONT');
    }
    await cluster().untilReady([old]);
    const answer = await call<DescribeQuorumResponse>((done) => cluster().quorum().describeQuorum({}, deadline(5000), done));
    expect(`controller-${answer.leaderId}`).not.toBe(old);
  });
});
