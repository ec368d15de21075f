import type { Endpoint } from '@quorate/raft-core';
import { ZERO_UUID, type Uuid } from '@quorate/records';
import { afterEach, describe, expect, it } from 'vitest';
import { CutWire } from '../../test/cut-wire.js';
import { LogController } from '../../test/log-controller.js';
import { until } from '../../test/until.js';
import { LeaderTracker, type LeaderTrackerOptions } from './leader-tracker.js';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

async function controller(id: number, clusterId?: string): Promise<LogController> {
  const made = await LogController.launch(id, clusterId);
  cleanUp.push(() => made.stop());
  return made;
}

function track(bootstrapServers: readonly Endpoint[], cluster?: LeaderTrackerOptions['cluster']) {
  const problems: string[] = [];
  const tracker = new LeaderTracker({ bootstrapServers, cluster, problem: (message) => problems.push(message) });
  cleanUp.push(() => tracker.close());
  return { tracker, problems };
}

const leads = (tracker: LeaderTracker, id: number, epoch: number): Promise<unknown> =>
  until(`node ${id} to lead epoch ${epoch}`, () => tracker.leader?.nodeId === id && tracker.leader.epoch === epoch);

describe('who leads', () => {
  it('is found through a follower, at the address that it names', async () => {
    const [leader, follower] = [await controller(1), await controller(2)];
    leader.lead(4);
    follower.follow(leader, 4);

    const { tracker } = track([follower.endpoint]);

    await leads(tracker, 1, 4);
    expect(tracker.links.map(({ endpoint }) => endpoint.port).sort()).toEqual([leader.port, follower.port].sort());
    expect(tracker.cluster).toEqual({ clusterId: 'cluster', recoveryId: ZERO_UUID });
  });

  it('moves with the epoch, the moment that the new one is active', async () => {
    const [old, next] = [await controller(1), await controller(2)];
    old.lead(4);
    next.follow(old, 4);
    const { tracker } = track([old.endpoint, next.endpoint]);
    await leads(tracker, 1, 4);
    const seen: (number | undefined)[] = [];
    tracker.subscribe(() => seen.push(tracker.leader?.nodeId));

    next.lead(5);

    await leads(tracker, 2, 5);
    old.follow(next, 5);
    await until('the old one to know', () => tracker.links.every(({ view }) => view?.hint.leaderEpoch === 5));
    expect(new Set(seen)).toEqual(new Set([2]));
    expect(tracker.knownEpoch).toBe(5);
  });

  it('is nobody while a newer epoch is known and none of it is active', async () => {
    const [old, other] = [await controller(1), await controller(2)];
    old.lead(4);
    other.follow(old, 4);
    const { tracker } = track([old.endpoint, other.endpoint]);
    await leads(tracker, 1, 4);

    other.follow(undefined, 6);

    await until('nobody to lead', () => tracker.leader === undefined);
    expect(tracker.knownEpoch).toBe(6);
  });

  it('is whom the others follow, once a candidate of a newer epoch has gone for good', async () => {
    const [leader, candidate] = [await controller(1), await controller(2)];
    leader.lead(4);
    candidate.follow(undefined, 6);
    const { tracker } = track([leader.endpoint, candidate.endpoint]);
    await until('both to be known', () => tracker.links.every(({ view }) => view !== undefined));
    expect(tracker.leader).toBeUndefined();

    await candidate.stop();

    await leads(tracker, 1, 4);
    expect(tracker.knownEpoch).toBe(4);
  });

  it('is not somebody who says so of an epoch that others have left behind', async () => {
    const [stale, leader] = [await controller(1), await controller(2)];
    leader.lead(7);
    stale.lead(6);

    const { tracker } = track([stale.endpoint, leader.endpoint]);

    await until('both to be known', () => tracker.links.every(({ view }) => view !== undefined));
    expect(tracker.leader?.nodeId).toBe(2);
  });

  it('is nobody when it cannot be reached, and leads again when it can', async () => {
    const leader = await controller(1);
    const wire = await CutWire.to(leader.port);
    cleanUp.push(() => wire.kill());
    leader.advertisedPort = wire.port;
    leader.lead(4);
    const { tracker } = track([{ ...leader.endpoint, port: wire.port }]);
    await leads(tracker, 1, 4);

    await wire.kill();
    await until('nobody to lead', () => tracker.leader === undefined);
    const [link] = tracker.links;
    expect(link).toMatchObject({ nodeId: 1, view: undefined, problem: expect.stringMatching(/./) });
    expect(tracker.knownEpoch).toBe(4);

    await wire.mend();
    await leads(tracker, 1, 4);
    expect(link!.problem).toBe('');
    expect(tracker.links).toHaveLength(1);
  });

  it('is dialled at once when another controller names it, whatever the back-off', async () => {
    const [back, other] = [await controller(1), await controller(2)];
    const wire = await CutWire.to(back.port);
    cleanUp.push(() => wire.kill());
    back.advertisedPort = wire.port;
    wire.mode = 'slam';
    const { tracker } = track([{ ...back.endpoint, port: wire.port }, other.endpoint]);
    // By now more than 300 ms lie between two dials; the seventh must have failed, one under way is not hurried.
    await until('seven dials to have failed', () => wire.dials.length === 7 && performance.now() - wire.dials[6]! > 50);
    wire.mode = 'pass';
    back.lead(5);

    const namedMs = performance.now();
    const dials = wire.dials.length;
    other.follow(back, 5);

    await leads(tracker, 1, 5);
    expect(wire.dials[dials]! - namedMs).toBeLessThan(150);
  });

  it('does not change the cluster: a controller of another one is told once and not used', async () => {
    const [own, foreign] = [await controller(1), await controller(2, 'another cluster')];
    own.lead(1);
    foreign.lead(9);

    const { tracker, problems } = track([foreign.endpoint, own.endpoint], { clusterId: 'cluster', recoveryId: ZERO_UUID });

    await leads(tracker, 1, 1);
    foreign.lead(10);
    await until('both views', () => tracker.links.every(({ view }) => view !== undefined));
    expect(tracker.knownEpoch).toBe(1);
    expect(problems).toEqual([expect.stringContaining('another cluster')]);
  });

  it('is told to nobody any more after closing', async () => {
    const leader = await controller(1);
    leader.lead(4);
    const { tracker } = track([leader.endpoint]);
    await leads(tracker, 1, 4);
    let told = 0;
    tracker.subscribe(() => (told += 1));

    tracker.close();
    leader.lead(5);

    await until('the watch to end', () => leader.server.calls === 0);
    expect(told).toBe(0);
  });
});

describe('another life of the same cluster', () => {
  const otherLife = '3Db5QLSqSZieL3rJBUUegA' as Uuid;

  it('is not used by a process whose directory holds another recovery id', async () => {
    const leader = await controller(1);
    leader.lead(4);

    const { tracker, problems } = track([leader.endpoint], { clusterId: 'cluster', recoveryId: otherLife });

    await until('the problem to be said', () => problems.length > 0);
    expect(problems[0]).toContain('recovery id');
    expect(tracker.leader).toBeUndefined();
  });

  it.each([
    ['later', otherLife, ZERO_UUID, [otherLife]],
    ['earlier', ZERO_UUID, otherLife, []],
  ])('is told of with its id when it is the %s one', async (_, theirs, ours, told) => {
    const leader = await LogController.launch(1, 'cluster', theirs);
    cleanUp.push(() => leader.stop());
    leader.lead(4);
    const [problems, later]: [string[], Uuid[]] = [[], []];

    const tracker = new LeaderTracker({ bootstrapServers: [leader.endpoint], cluster: { clusterId: 'cluster', recoveryId: ours }, problem: (message) => problems.push(message), laterHistory: ({ recoveryId }) => later.push(recoveryId) });
    cleanUp.push(() => tracker.close());

    await until('the problem to be said', () => problems.length > 0);
    expect(later).toEqual(told);
  });

  it('is not asked of a process that knows the cluster id alone', async () => {
    const leader = await controller(1);
    leader.lead(4);

    const { tracker } = track([leader.endpoint], { clusterId: 'cluster', recoveryId: undefined });

    await leads(tracker, 1, 4);
    expect(tracker.cluster).toEqual({ clusterId: 'cluster', recoveryId: ZERO_UUID });
  });
});
