import { status, type StatusObject } from '@grpc/grpc-js';
import type { DescribeQuorumResponse, Election, ListElectionsResponse } from '@quorate/records/gen/quorate/admin/v1/quorum';
import type { SessionAnswer, WriteResponse } from '@quorate/records/gen/quorate/admin/v1/session';
import type { WatchMetadataResponse } from '@quorate/records/gen/quorate/metadata/v1/metadata';
import { ElectionTrigger } from '@quorate/records/gen/quorate/raft/v1/raft';
import { describe, expect, it } from 'vitest';
import { call, deadline } from './harness/calls.js';
import { eventually } from './harness/eventually.js';
import { createTopic, getTopic, newTopic, TopicLoad } from './harness/topics.js';
import { useCluster } from './harness/use-cluster.js';

const CONTROLLERS = ['controller-1', 'controller-2', 'controller-3'];
const BROKERS = ['broker-101', 'broker-102', 'broker-103'];
const GATEWAYS = ['gateway', 'gateway-2'];
const WRITES_BETWEEN = 25;

const cluster = useCluster('told-to-stop', { controllers: 3, brokers: 3, gateways: 2, exporter: true });

/** Tells each to stop by SIGTERM, one after the other, under a load, and starts it again; says which calls failed. */
async function rollUnder(load: TopicLoad, names: readonly string[]): Promise<readonly string[]> {
  try {
    for (const name of names) {
      await load.more(WRITES_BETWEEN);
      expect(await cluster().process(name).terminate(), name).toEqual({ code: 0, signal: null });
      await load.more(WRITES_BETWEEN);
      cluster().process(name).start();
      await cluster().untilReady([name]);
    }
  } finally {
    await load.stop();
  }
  return load.failures();
}

async function elections(): Promise<readonly Election[]> {
  const answer = await call<ListElectionsResponse>((done) => cluster().quorum().listElections({ pageSize: 100, pageToken: '', fromEpoch: 0, wonOnly: true }, deadline(5000), done));
  return answer.elections;
}

async function newestEpoch(): Promise<number> {
  const answer = await call<DescribeQuorumResponse>((done) => cluster().quorum().describeQuorum({}, deadline(5000), done));
  return answer.leaderEpoch;
}

/** Watches topics by name into `seen`, from an offset or from the image on. */
function watch(name: string, fromOffset: number | undefined, seen: Set<string>) {
  const stream = cluster().metadata(name).watchMetadata({ fromOffset, heartbeatMs: 0 });
  let offset = 0;
  let becomeWhole: () => void;
  const untilWhole = new Promise<void>((resolve) => (becomeWhole = resolve));
  stream.on('data', (message: WatchMetadataResponse) => {
    const { event } = message;
    if (event?.$case === 'imageEnd') becomeWhole();
    if (event?.$case === 'imagePart' || event?.$case === 'delta') {
      const changes = event.$case === 'delta' ? event.value.changes : event.value.entries;
      for (const { change } of changes) if (change?.$case === 'topic') seen.add(change.value.name);
    }
    offset = message.offset;
  });
  stream.on('error', () => undefined);
  const ended = new Promise<{ readonly code: number; readonly offset: number }>((resolve) => stream.on('status', ({ code }: StatusObject) => resolve({ code, offset })));
  return { untilWhole, ended, cancel: () => stream.cancel() };
}

describe('SIGTERM', () => {
  it('of each controller in turn fails no call', { timeout: 180_000 }, async () => {
    expect(await rollUnder(new TopicLoad(cluster().topics(), 4), CONTROLLERS)).toEqual([]);
  });

  it('of the active controller hands leadership over: its successor stands because it was named, not because it heard nothing', async () => {
    const leader = await cluster().leader();
    const before = await newestEpoch();
    const load = new TopicLoad(cluster().topics(), 1);
    await load.more(5);
    await cluster().process(leader).terminate();
    await load.more(5);
    await load.stop();
    cluster().process(leader).start();
    await cluster().untilReady([leader]);

    const won = (await elections()).filter((election) => election.epoch > before).sort((a, b) => a.epoch - b.epoch)[0];
    expect(won?.trigger).toBe(ElectionTrigger.ELECTION_TRIGGER_SUCCESSION);
    expect(won?.previousLeaderId).toBe(Number(leader.split('-')[1]));
    expect(load.failures()).toEqual([]);
  });

  it('of each gateway in turn fails no call of a client that knows both', { timeout: 120_000 }, async () => {
    expect(await rollUnder(new TopicLoad(cluster().topicsOfAny(GATEWAYS), 8, { waitForReady: true }), GATEWAYS)).toEqual([]);
  });

  it('of each broker in turn fails no call of a client that knows them all', { timeout: 120_000 }, async () => {
    expect(await rollUnder(new TopicLoad(cluster().topicsOfAny(BROKERS), 8, { waitForReady: true }), BROKERS)).toEqual([]);
  });

  it.each([['gateway-2'], ['broker-103']])('lets %s answer everything that it had accepted', async (name) => {
    const started = Array.from({ length: 40 }, (_, index) => createTopic(cluster().topics(name), { name: `accepted-by-${name}-${index}` }));
    await Promise.race(started);
    const exit = await cluster().process(name).terminate();
    const outcomes = await Promise.allSettled(started);

    expect(exit).toEqual({ code: 0, signal: null });
    expect(outcomes.filter((outcome) => outcome.status === 'rejected').map((outcome) => String(outcome.reason))).toEqual([]);
    cluster().process(name).start();
    await cluster().untilReady([name]);
  });

  it('lets the active controller answer every write that it had accepted', async () => {
    const leader = await cluster().leader();
    const [first, second] = CONTROLLERS.filter((name) => name !== leader);
    const started = Array.from({ length: 40 }, (_, index) => createTopic(cluster().topics(leader), { name: `accepted-by-the-leader-${index}` }));
    await Promise.race(started);
    const exit = await cluster().process(leader).terminate();
    const outcomes = await Promise.allSettled(started);

    expect(exit).toEqual({ code: 0, signal: null });
    expect(outcomes.filter((outcome) => outcome.status === 'rejected').map((outcome) => String(outcome.reason))).toEqual([]);
    await cluster().untilReady([first ?? '', second ?? '']);
    cluster().process(leader).start();
    await cluster().untilReady([leader]);
  });

  it.each([['gateway-2'], ['broker-103']])('ends a stream of writes to %s when every write of it is answered', async (name) => {
    const session = cluster().session(name).write();
    const answered: SessionAnswer[] = [];
    const over = new Promise<StatusObject>((resolve) => session.on('status', resolve));
    session.on('error', () => undefined);
    const firstAnswer = new Promise<void>((resolve) => {
      session.on('data', ({ answers }: WriteResponse) => {
        answered.push(...answers);
        resolve();
      });
    });
    for (let id = 1; id <= 40; id += 1) session.write({ writes: [{ id, timeoutMs: 0, write: { $case: 'createTopics', value: newTopic({ name: `session-with-${name}-${id}` }) } }] });

    await firstAnswer;
    expect(await cluster().process(name).terminate()).toEqual({ code: 0, signal: null });
    expect((await over).code).toBe(status.OK);
    expect(answered.map(({ id }) => id).sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    expect(answered.filter(({ answer }) => answer?.$case !== 'createTopics')).toEqual([]);
    cluster().process(name).start();
    await cluster().untilReady([name]);
  });

  it('of a gateway ends a watch in such a way that another one goes on with it, and no change is missed', async () => {
    const seen = new Set<string>();
    const first = watch('gateway-2', undefined, seen);
    await first.untilWhole;
    await createTopic(cluster().topics(), { name: 'watched-before' });
    await eventually('the change is seen', 5000, () => expect(seen).toContain('watched-before'));

    await cluster().process('gateway-2').terminate();
    const { code, offset } = await first.ended;
    expect([status.OK, status.UNAVAILABLE]).toContain(code);
    await createTopic(cluster().topics(), { name: 'watched-meanwhile' });
    const second = watch('gateway', offset, seen);
    await createTopic(cluster().topics(), { name: 'watched-after' });
    await eventually('both changes are seen', 5000, () => expect([...seen]).toEqual(expect.arrayContaining(['watched-meanwhile', 'watched-after'])));

    second.cancel();
    cluster().process('gateway-2').start();
    await cluster().untilReady(['gateway-2']);
  });

  it('of a broker moves its leaderships away before it goes', async () => {
    const offset = await createTopic(cluster().topics(), { name: 'led', partitionCount: 6, replicationFactor: 3 });
    const before = await getTopic(cluster().metadata('broker-101'), 'led', offset);
    expect(before.topic?.partitions.some((partition) => partition.leader === 102)).toBe(true);

    await cluster().process('broker-102').terminate();
    const after = await getTopic(cluster().metadata('broker-101'), 'led', 0);
    expect(after.topic?.partitions.some((partition) => partition.leader === 102)).toBe(false);
    cluster().process('broker-102').start();
    await cluster().untilReady(['broker-102']);
  });

  it('of everybody at once ends everybody in order', async () => {
    await call((done) => cluster().quorum().describeQuorum({}, deadline(2000), done));
    const exits = await Promise.all([...cluster().members.values()].filter(({ process }) => process.isRunning).map(async ({ name, process }) => [name, await process.terminate()] as const));

    expect(exits.filter(([, { code }]) => code !== 0)).toEqual([]);
  });
});
