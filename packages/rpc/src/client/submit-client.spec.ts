import { afterEach, describe, expect, it } from 'vitest';
import type { Endpoint } from '@quorate/raft-core';
import { commit, FakeController, type Arrived } from '../../test/fake-controller.js';
import { until } from '../../test/until.js';
import type { AnswerBody, WriteBody } from '../admin/admin-write.js';
import { newRequestId } from '../request-id.js';
import type { RpcFailure } from '../rpc-failure.js';
import { LeaderTracker } from './leader-tracker.js';
import { SubmitClient } from './submit-client.js';

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function controller(nodeId: number): Promise<FakeController> {
  const fake = await new FakeController(nodeId).listen();
  closing.push(() => fake.stop());
  return fake;
}

function connect(...bootstrapServers: readonly Endpoint[]): { readonly tracker: LeaderTracker; readonly client: SubmitClient } {
  const tracker = new LeaderTracker({ bootstrapServers, cluster: undefined, problem: () => undefined });
  const client = new SubmitClient(tracker);
  closing.push(() => {
    client.close();
    tracker.close();
  });
  return { tracker, client };
}

const createTopic = (name: string): WriteBody => ({
  $case: 'createTopics',
  value: { topics: [{ name, partitionCount: 1, replicationFactor: 1, assignments: [], configs: [] }], validateOnly: false, atomic: false, requestId: '' },
});
const within = (ms: number) => ({ requestId: newRequestId(Date.now()), deadlineMs: performance.now() + ms });
const namesOf = ({ command }: Arrived): string[] => (command.kind === 'createTopics' ? command.topics.map(({ name }) => name) : []);
const failureOf = (promise: Promise<unknown>): Promise<RpcFailure> => promise.then(() => Promise.reject(new Error('it did not fail')), (error: RpcFailure) => error);

describe('a write to whoever is the active controller', () => {
  it('is answered with what the controller committed', async () => {
    const leader = await controller(1);
    leader.onCommand = (arrived) => commit(arrived, 99);
    leader.lead(1);
    const { client } = connect(leader.endpoint);

    const answer = await client.write(createTopic('orders'), within(5000));

    expect(answer).toMatchObject({ $case: 'createTopics', value: { offset: 99, topics: [{ name: 'orders', error: undefined }] } });
  });

  it('goes to the leader though only a follower is known at first', async () => {
    const leader = await controller(1);
    const follower = await controller(2);
    leader.onCommand = (arrived) => commit(arrived);
    leader.lead(3);
    follower.follow(leader, 3);
    const { client } = connect(follower.endpoint);

    await client.write(createTopic('orders'), within(5000));

    expect(leader.arrived.map(namesOf)).toEqual([['orders']]);
    expect(follower.arrived).toEqual([]);
  });

  it('waits for a leader while there is none', async () => {
    const fake = await controller(1);
    fake.onCommand = (arrived) => commit(arrived);
    fake.follow(undefined, 1);
    const { client, tracker } = connect(fake.endpoint);
    const writing = client.write(createTopic('orders'), within(5000));
    await until('the fake controllers to see it', () => tracker.knownEpoch === 1);

    fake.lead(2);

    await expect(writing).resolves.toMatchObject({ $case: 'createTopics' });
  });

  it('is taken from a leader that hangs and sent again under the same request id as soon as a newer epoch is known', async () => {
    const hanging = await controller(1);
    const next = await controller(2);
    next.onCommand = (arrived) => commit(arrived);
    hanging.lead(1);
    next.follow(hanging, 1);
    const { client } = connect(hanging.endpoint, next.endpoint);
    const writing = client.write(createTopic('orders'), within(5000));
    await until('the fake controllers to see it', () => hanging.arrived.length === 1);

    next.lead(2);
    await writing;

    expect(next.arrived[0]?.options.requestId).toEqual(hanging.arrived[0]?.options.requestId);
    // What the old leader says now is nobody's answer.
    commit(hanging.arrived[0]!);
    expect(client.pendingCount).toBe(0);
  });

  it('survives the death of the leader that had taken it', async () => {
    const dying = await controller(1);
    const next = await controller(2);
    next.onCommand = (arrived) => commit(arrived);
    dying.lead(1);
    next.follow(dying, 1);
    const { client } = connect(dying.endpoint, next.endpoint);
    const writing = client.write(createTopic('orders'), within(5000));
    await until('the fake controllers to see it', () => dying.arrived.length === 1);

    await dying.stop(0);
    next.lead(2);

    await expect(writing).resolves.toMatchObject({ $case: 'createTopics' });
  });

  it.each(['not-controller', 'outcome-unknown'] as const)('is sent again when the answer is %s', async (kind) => {
    const fake = await controller(1);
    fake.onCommand = (arrived) => {
      if (fake.arrived.length > 1) commit(arrived);
      else arrived.done(kind === 'not-controller' ? { kind, leaderId: undefined, epoch: 1 as never } : { kind });
    };
    fake.lead(1);
    const { client } = connect(fake.endpoint);

    await client.write(createTopic('orders'), within(5000));

    expect(fake.arrived).toHaveLength(2);
    expect(fake.arrived[1]?.options.requestId).toEqual(fake.arrived[0]?.options.requestId);
  });

  it('is not sent again for ever when its request id is too old to be known', async () => {
    const fake = await controller(1);
    fake.onCommand = ({ done }) => done({ kind: 'outcome-unknown' });
    fake.lead(1);
    const { client } = connect(fake.endpoint);

    const failure = await failureOf(client.write(createTopic('orders'), { requestId: newRequestId(Date.now() - 3_600_000), deadlineMs: performance.now() + 5000 }));

    expect(failure).toMatchObject({ reason: 'OUTCOME_UNKNOWN', metadata: { outcome: 'unknown' } });
    expect(fake.arrived).toHaveLength(1);
  });

  it('says at the deadline that nothing happened when it never left', async () => {
    const { client } = connect({ name: 'CONTROLLER', host: '127.0.0.1', port: 1 });

    const failure = await failureOf(client.write(createTopic('orders'), within(200)));

    expect(failure).toMatchObject({ reason: 'LEADER_NOT_AVAILABLE', metadata: { outcome: 'not_applied' } });
    expect(client.pendingCount).toBe(0);
  });

  it('says at the deadline that the outcome is unknown when it had left', async () => {
    const fake = await controller(1);
    fake.lead(1);
    const { client } = connect(fake.endpoint);

    const failure = await failureOf(client.write(createTopic('orders'), within(400)));

    expect(failure).toMatchObject({ reason: 'REQUEST_TIMED_OUT', metadata: { outcome: 'unknown' } });
  });

  it('hands the deadline on', async () => {
    const fake = await controller(1);
    fake.onCommand = (arrived) => commit(arrived);
    fake.lead(1);
    const { client } = connect(fake.endpoint);
    const startedMs = performance.now();

    await client.write(createTopic('orders'), within(1500));

    const leftMs = (fake.arrived[0]?.options.deadlineMs ?? 0) - startedMs;
    expect(leftMs).toBeGreaterThan(500);
    expect(leftMs).toBeLessThan(3000);
  });

  it('fails at once, without travelling, when a field is wrong', async () => {
    const fake = await controller(1);
    fake.lead(1);
    const { client } = connect(fake.endpoint);

    const failure = await failureOf(client.write({ $case: 'createTopics', value: { topics: [], validateOnly: false, atomic: false, requestId: '' } }, within(1000)));

    expect(failure.fields).toEqual([{ field: 'topics', description: 'must name at least one' }]);
    expect(fake.arrived).toEqual([]);
  });

  it('gives two callers with one request id the same answer, and asks once', async () => {
    const fake = await controller(1);
    fake.lead(1);
    const { client } = connect(fake.endpoint);
    const options = within(5000);
    const first = client.write(createTopic('orders'), options);
    const second = client.write(createTopic('orders'), options);
    await until('the fake controllers to see it', () => fake.arrived.length > 0);

    commit(fake.arrived[0]!, 5);

    const answers: AnswerBody[] = await Promise.all([first, second]);
    expect(answers.map(({ value }) => value.offset)).toEqual([5, 5]);
    expect(fake.arrived).toHaveLength(1);
  });

  it('travels with the others of the same moment in one message, in their order', async () => {
    const fake = await controller(1);
    fake.onCommand = (arrived) => commit(arrived);
    fake.lead(1);
    const { client, tracker } = connect(fake.endpoint);
    await until('the fake controllers to see it', () => tracker.leader !== undefined);

    await Promise.all(['a', 'b', 'c'].map((name) => client.write(createTopic(name), within(5000))));

    expect(fake.arrived.flatMap(namesOf)).toEqual(['a', 'b', 'c']);
  });

  it('is refused by a client that is closing, and those pending are told', async () => {
    const fake = await controller(1);
    fake.lead(1);
    const { client } = connect(fake.endpoint);
    const pending = failureOf(client.write(createTopic('orders'), within(5000)));
    await until('the fake controllers to see it', () => fake.arrived.length === 1);

    client.close();

    expect(await pending).toMatchObject({ metadata: { outcome: 'unknown' } });
    expect(await failureOf(client.write(createTopic('late'), within(5000)))).toMatchObject({ reason: 'BROKER_NOT_AVAILABLE' });
  });

  it('does not go to a controller of another cluster', async () => {
    const foreign = await new FakeController(1, 'another').listen();
    const own = await controller(2);
    closing.push(() => foreign.stop());
    own.onCommand = (arrived) => commit(arrived);
    own.lead(1);
    foreign.lead(9);
    const problems: string[] = [];
    const tracker = new LeaderTracker({ bootstrapServers: [foreign.endpoint, own.endpoint], cluster: { clusterId: 'cluster', recoveryId: 'AAAAAAAAAAAAAAAAAAAAAA' as never }, problem: (message) => problems.push(message) });
    const client = new SubmitClient(tracker);
    closing.push(() => {
      client.close();
      tracker.close();
    });

    await client.write(createTopic('orders'), within(5000));
    await until('the fake controllers to see it', () => problems.length > 0);

    expect(foreign.arrived).toEqual([]);
    expect(problems[0]).toContain('another');
  });
});
