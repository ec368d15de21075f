import type { EncodedBatch, Epoch, Offset } from '@quorate/records';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { batchChain, EPOCH, Intruder, KEY, signed } from '../test/feed-world.js';
import { FollowerWorld } from '../test/follower-world.js';
import { NatsServer } from '../test/nats-server.js';
import { requireProgram } from '../test/require-program.js';
import { until } from '../test/until.js';

const program = requireProgram('nats-server');

/** A small generator of numbers in [0, 1) that gives the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const damage = (batch: EncodedBatch): EncodedBatch => {
  const bytes = Uint8Array.from(batch.bytes);
  bytes[bytes.length - 1]! ^= 1;
  return { ...batch, bytes };
};
const checksums = (batches: readonly EncodedBatch[]): number[] => batches.map(({ checksum }) => checksum);

describe.skipIf(program === undefined)('a follower with NATS that lies and a leader that does not', () => {
  const cleanUp: (() => unknown)[] = [];
  let server: NatsServer;
  let world: FollowerWorld;
  let feed: Intruder;

  beforeEach(async () => {
    server = new NatsServer(program ?? '');
    cleanUp.push(() => server.remove());
    await server.start();
    world = new FollowerWorld(server.url);
    cleanUp.push(() => world.follower.close());
    feed = await Intruder.at(server.url);
    cleanUp.push(() => feed.close());
    await until('the feed', () => world.follower.status().feedUp);
  });
  afterEach(async () => {
    for (const undo of cleanUp.splice(0).reverse()) await undo();
  });

  const reached = (offset: number): Promise<unknown> => until(`offset ${offset}`, () => world.follower.status().appliedOffset >= offset);

  /** The leader commits, and its word reaches NATS. */
  async function commitAndSend(...batches: readonly EncodedBatch[]): Promise<void> {
    for (const batch of batches) {
      world.leader.log.push(batch);
      feed.send(signed(batch, { key: world.leader.key, epoch: world.leader.epoch }));
    }
    await feed.flush();
  }

  /** The feed brings the batches, and no Fetch waits at the leader any more. */
  const feedAlone = (): Promise<unknown> => until('the feed in use', () => world.follower.status().path === 'feed' && !world.leader.isAsked);

  it('takes the batches from a feed that works, and asks the leader only now and then', async () => {
    const batches = batchChain(200);
    world.leader.commit(batches[0]!);
    await reached(1);
    const before = world.leader.fetches;

    for (const batch of batches.slice(1)) {
      await commitAndSend(batch);
      await reached(Number(batch.endOffset));
    }

    expect(checksums(world.applied)).toEqual(checksums(batches));
    expect(world.paths.filter((path) => path === 'feed').length).toBeGreaterThan(190);
    expect(world.follower.status().path).toBe('feed');
    expect(world.leader.fetches - before).toBeLessThan(20);
  });

  it.each([1, 2, 3, 4])('applies the log exactly, once and in order, whatever the feed drops, repeats, reorders, damages and forges (seed %i)', async (seed) => {
    const random = seeded(seed);
    const batches = batchChain(250);
    const held: EncodedBatch[] = [];
    let forged = 0;

    for (const batch of batches) {
      world.leader.commit(batch);
      const luck = random();
      if (luck < 0.15) held.push(batch);
      else if (luck >= 0.35) feed.send(signed(batch));
      if (random() < 0.15) feed.send(signed(batches[Math.floor(random() * Number(batch.endOffset))]!));
      if (random() < 0.2 && held.length > 0) feed.send(signed(held.splice(Math.floor(random() * held.length), 1)[0]!));
      if (random() < 0.1) {
        forged += 1;
        const kind = random();
        if (kind < 0.3) feed.send(signed(batch, { key: new Uint8Array(32).fill(1) }));
        else if (kind < 0.6) feed.send(signed(damage(batch)));
        else feed.send({ ...signed(batch), body: damage(batch).bytes });
      }
      if (random() < 0.1) await feed.flush();
    }
    await feed.flush();

    await reached(250);
    await until('every forgery to be counted', () => world.count('dropped') === forged);
    expect(checksums(world.applied)).toEqual(checksums(batches));
    expect([world.resets, world.failure, world.problems]).toEqual([0, undefined, []]);
    expect(forged).toBeGreaterThan(5);
  });

  it('notices within half a second that the last message was lost', async () => {
    const batches = batchChain(3);
    world.leader.commit(batches[0]!);
    await reached(1);
    await commitAndSend(batches[1]!);
    await feedAlone();

    const lostMs = performance.now();
    world.leader.log.push(batches[2]!);
    await reached(3);

    expect(performance.now() - lostMs).toBeLessThan(1500);
    expect(world.follower.status().path).toBe('fetch');
  });

  it('goes on over gRPC while the server is away, and returns to the feed', async () => {
    const batches = batchChain(60);
    world.leader.commit(batches[0]!);
    await reached(1);
    await commitAndSend(...batches.slice(1, 20));
    await reached(20);

    await server.kill();
    await until('the loss to be known', () => !world.follower.status().feedUp);
    for (const batch of batches.slice(20, 40)) world.leader.commit(batch);
    await reached(40);
    expect(world.follower.status().path).toBe('fetch');
    await server.start();
    await until('the feed', () => world.follower.status().feedUp);
    await feed.flush();
    await commitAndSend(...batches.slice(40));
    await reached(60);
    expect(checksums(world.applied)).toEqual(checksums(batches));
    expect(world.events.filter((event) => event.kind === 'feed').map((event) => event.kind === 'feed' && event.up)).toEqual([true, false, true]);
    expect(world.resets).toBe(0);
  });

  it('learns the key of a new leader from it when the first message under that key comes', async () => {
    const batches = batchChain(6);
    world.leader.commit(batches[0]!);
    await reached(1);
    await commitAndSend(batches[1]!);
    await reached(2);

    world.leader.epoch = 9 as Epoch;
    world.leader.key = new Uint8Array(32).fill(9);
    await commitAndSend(batches[2]!);
    await reached(3);
    await until('the new epoch', () => world.follower.status().leaderEpoch === 9);
    await commitAndSend(...batches.slice(3));
    await reached(6);

    expect(checksums(world.applied)).toEqual(checksums(batches));
    expect(world.events.filter((event) => event.kind === 'dropped').length).toBeLessThanOrEqual(1);
    // The old leader's last words, republished under the new key, change nothing.
    feed.send(signed(batches[1]!, { epoch: 9 as Epoch, key: world.leader.key }));
    feed.send(signed(batches[1]!, { epoch: EPOCH, key: KEY }));
    await feed.flush();
    expect(world.resets).toBe(0);
  });

  it('fetches what was only announced', async () => {
    const batches = batchChain(3);
    world.leader.commit(batches[0]!);
    await reached(1);
    await commitAndSend(batches[1]!);
    await reached(2);
    await feedAlone();
    world.leader.log.push(batches[2]!);
    const announcedMs = performance.now();

    const header = signed({ ...batches[2]!, bytes: new Uint8Array(0) });
    feed.send({ ...header, headers: { ...header.headers, 'Quorate-Body': 'header' } });

    await reached(3);
    expect(performance.now() - announcedMs).toBeLessThan(300);
    expect(checksums(world.applied)).toEqual(checksums(batches));
  });

  it('reads everything anew when a true message contradicts what it applied', async () => {
    const batches = batchChain(5);
    const others = batchChain(5, { payloadBytes: 6 });
    for (const batch of batches.slice(0, 3)) world.leader.commit(batch);
    await reached(3);

    // The leader's key says something else of offset 1: one of the two is not the committed log.
    feed.send(signed(others[1]!));
    await until('the restart', () => world.resets === 1);
    for (const batch of batches.slice(3)) world.leader.commit(batch);

    await reached(5);
    expect(checksums(world.applied)).toEqual(checksums(batches));
    expect(world.failure).toBeUndefined();
  });

  it('answers a read at an offset that the feed did not bring', async () => {
    const batches = batchChain(3);
    world.leader.commit(batches[0]!);
    await reached(1);
    await commitAndSend(batches[1]!);
    await reached(2);
    await feedAlone();
    world.leader.log.push(batches[2]!);

    const outcome = await new Promise<string>((resolve) => {
      world.follower.waitFor(3 as Offset, performance.now() + 300, ({ kind, offset }) => resolve(`${kind} at ${offset}`));
    });

    expect(outcome).toBe('reached at 3');
  });

  it('holds still and says so while neither the feed nor a leader can be reached', async () => {
    world.leader.isReachable = false;
    await server.kill();
    world.leader.commit(batchChain(1)[0]!);
    await until('some tries', () => world.count('unavailable') >= 2);
    expect(world.follower.status()).toMatchObject({ feedUp: false, appliedOffset: expect.any(Number) });

    world.leader.isReachable = true;
    await reached(1);
  });
});
