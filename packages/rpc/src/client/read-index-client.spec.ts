import type { Offset } from '@quorate/records';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeController } from '../../test/fake-controller.js';
import { until } from '../../test/until.js';
import type { RpcFailure } from '../rpc-failure.js';
import { LeaderTracker } from './leader-tracker.js';
import { ReadIndexClient } from './read-index-client.js';

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function controller(nodeId: number): Promise<FakeController> {
  const fake = await new FakeController(nodeId).listen();
  closing.push(() => fake.stop());
  return fake;
}

function connect(...controllers: readonly FakeController[]): { readonly tracker: LeaderTracker; readonly client: ReadIndexClient } {
  const tracker = new LeaderTracker({ bootstrapServers: controllers.map(({ endpoint }) => endpoint), cluster: undefined, problem: () => undefined });
  const client = new ReadIndexClient(tracker);
  closing.push(() => {
    client.close();
    tracker.close();
  });
  return { tracker, client };
}

const ready = (offset: number) => ({ kind: 'ready', offset: offset as Offset }) as const;
const within = (ms: number): number => performance.now() + ms;
const failureOf = (promise: Promise<unknown>): Promise<RpcFailure> => promise.then(() => Promise.reject(new Error('it did not fail')), (error: RpcFailure) => error);

describe('a question for the read index', () => {
  it('is answered by whoever leads', async () => {
    const leader = await controller(1);
    leader.onQuestion = (done) => done(ready(17));
    leader.lead(3);
    const { client } = connect(leader);

    expect(await client.readIndex(within(5000))).toBe(17);
    expect(client.waitingReads).toBe(0);
  });

  it('stands for all reads that came before it was asked; those that come meanwhile share the next one', async () => {
    const leader = await controller(1);
    leader.lead(3);
    const { client, tracker } = connect(leader);
    await until('a leader', () => tracker.leader);
    const first = [client.readIndex(within(5000)), client.readIndex(within(5000))];
    await until('the first question', () => leader.questions.length === 1);
    const second = [client.readIndex(within(5000)), client.readIndex(within(5000))];

    leader.questions[0]!(ready(5));
    expect(await Promise.all(first)).toEqual([5, 5]);
    await until('the second question', () => leader.questions.length === 2);
    leader.questions[1]!(ready(6));

    expect(await Promise.all(second)).toEqual([6, 6]);
    expect(leader.questions).toHaveLength(2);
  });

  it('that hangs at an old leader is asked of the new one', async () => {
    const [old, next] = [await controller(1), await controller(2)];
    old.lead(3);
    next.follow(old, 3);
    const { client } = connect(old, next);
    const reading = client.readIndex(within(5000));
    await until('the old leader to be asked', () => old.questions.length === 1);

    next.onQuestion = (done) => done(ready(9));
    next.lead(4);

    expect(await reading).toBe(9);
  });

  it('is asked again when the one that was asked turns out not to lead', async () => {
    const leader = await controller(1);
    let asked = 0;
    leader.onQuestion = (done) => done((asked += 1) === 1 ? { kind: 'not-controller', leaderId: undefined, epoch: 3 as never } : ready(4));
    leader.lead(3);
    const { client } = connect(leader);

    expect(await client.readIndex(within(5000))).toBe(4);
    expect(asked).toBe(2);
  });

  it('waits for a leader, and says after the deadline that nobody has proved to be one', async () => {
    const fake = await controller(1);
    fake.follow(undefined, 3);
    const { client } = connect(fake);

    const failure = await failureOf(client.readIndex(within(100)));

    expect(failure).toMatchObject({ reason: 'LEADER_NOT_AVAILABLE', message: expect.stringContaining('proved') });
  });

  it('ends when this process stops', async () => {
    const fake = await controller(1);
    const { client } = connect(fake);
    const reading = failureOf(client.readIndex(within(5000)));

    client.close();

    expect(await reading).toMatchObject({ reason: 'BROKER_NOT_AVAILABLE' });
  });
});
