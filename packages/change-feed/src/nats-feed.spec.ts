import { encodeBatch, encodeRecord, MAX_WRITTEN_BATCH_BYTES, type EncodedBatch, type Epoch, type Offset } from '@quorate/records';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { batchChain, CLUSTER_ID, EPOCH, Heard, Intruder, KEY, signed, type FeedMessage } from '../test/feed-world.js';
import { NatsServer } from '../test/nats-server.js';
import { requireProgram } from '../test/require-program.js';
import { until } from '../test/until.js';
import { FEED_HEADER } from './feed-message.js';
import { FeedPublishing } from './feed-publishing.js';
import { NatsFollower } from './nats-follower.js';
import { NatsPublisher } from './nats-publisher.js';

const program = requireProgram('nats-server');
const OTHER_KEY = new Uint8Array(32).fill(8);
const hex = (batch: EncodedBatch): string => Buffer.from(batch.bytes).toString('hex');

describe.skipIf(program === undefined)('the feed over a real nats-server', () => {
  const cleanUp: (() => unknown)[] = [];
  let server: NatsServer;

  beforeEach(async () => {
    server = new NatsServer(program ?? '');
    cleanUp.push(() => server.remove());
    await server.start();
  });
  afterEach(async () => {
    for (const undo of cleanUp.splice(0).reverse()) await undo();
  });

  async function publish(options: { clusterId?: string; recoveryId?: string } = {}) {
    const events: string[] = [];
    const problems: string[] = [];
    const publisher = new NatsPublisher({
      servers: [server.url],
      name: 'publisher',
      clusterId: options.clusterId ?? CLUSTER_ID,
      recoveryId: options.recoveryId,
      onUp: () => events.push('up'),
      onDown: () => events.push('down'),
      onProblem: (message) => problems.push(message),
    });
    publisher.open();
    cleanUp.push(() => publisher.close());
    await until('the publisher to connect', () => publisher.isUp);
    return { publisher, events, problems };
  }

  async function follow(options: { recoveryId?: string; keys?: readonly [number, Uint8Array][] } = {}) {
    const heard = new Heard();
    const problems: string[] = [];
    const follower = new NatsFollower({ servers: [server.url], name: 'follower', clusterId: CLUSTER_ID, recoveryId: options.recoveryId, onProblem: (message) => problems.push(message) });
    for (const [epoch, key] of options.keys ?? [[EPOCH, KEY]]) follower.setKey(epoch as Epoch, key);
    follower.open(heard);
    cleanUp.push(() => follower.close());
    await until('the follower to connect', () => heard.isUp);
    return { follower, heard, problems };
  }

  async function intrude(): Promise<Intruder> {
    const intruder = await Intruder.at(server.url);
    cleanUp.push(() => intruder.close());
    return intruder;
  }

  it('brings batches to a follower, to the byte and in order', async () => {
    const { publisher } = await publish();
    const { heard, problems } = await follow();
    const batches = batchChain(50);

    for (const batch of batches) expect(publisher.publish(batch, EPOCH, KEY)).toBe(true);

    await until('all batches', () => heard.batches.length === 50);
    expect(heard.batches.map(hex)).toEqual(batches.map(hex));
    expect(heard.batches[7]).toMatchObject({ baseOffset: 7, endOffset: 8, epoch: 1, checksum: batches[7]!.checksum, previousChecksum: batches[6]!.checksum });
    // Kept batches must not hold on to the buffer that the client reads into.
    for (const { bytes } of heard.batches) expect(bytes.buffer.byteLength).toBe(bytes.byteLength);
    expect([heard.drops, problems]).toEqual([[], []]);
  });

  it('says of each message what it is, and counts on the id of its first publication', async () => {
    const { publisher } = await publish();
    const everything = (await intrude()).listen();
    await (await intrude()).flush();
    const [batch] = batchChain(1);

    await until('a message', () => {
      publisher.publish(batch!, 9 as Epoch, KEY);
      return everything[0];
    });

    const { subject, headers, body } = everything[0]!;
    expect(subject).toBe(`quorate.${CLUSTER_ID}.metadata.log`);
    expect(headers).toEqual({
      'Nats-Msg-Id': `${CLUSTER_ID}:1:0`,
      'Content-Type': 'application/vnd.quorate.batch',
      'Quorate-Base-Offset': '0',
      'Quorate-End-Offset': '1',
      'Quorate-Leader-Epoch': '9',
      'Quorate-Previous-Checksum': String(batch!.previousChecksum),
      'Quorate-Mac': expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
    });
    expect(Buffer.from(body).equals(Buffer.from(batch!.bytes))).toBe(true);
  });

  it('carries the largest batch that we write', async () => {
    const { publisher } = await publish();
    const { heard } = await follow();
    const batchOf = (bytes: number): EncodedBatch =>
      encodeBatch({ baseOffset: 0 as Offset, epoch: 1 as Epoch, appendTimeMs: 1, isControl: false, previousChecksum: 0, records: [{ ...encodeRecord({ kind: 'NoOp', version: 0, value: {} }), payload: new Uint8Array(bytes) }] });
    const overhead = batchOf(MAX_WRITTEN_BATCH_BYTES - 1000).bytes.length - (MAX_WRITTEN_BATCH_BYTES - 1000);
    const largest = batchOf(MAX_WRITTEN_BATCH_BYTES - overhead);
    expect(largest.bytes.length).toBe(MAX_WRITTEN_BATCH_BYTES);

    publisher.publish(largest, EPOCH, KEY);

    await until('the batch', () => heard.batches.length === 1);
    expect(hex(heard.batches[0]!)).toBe(hex(largest));
  });

  describe('what was not sent by the leader', () => {
    const [first, second] = batchChain(2);
    const good = signed(first!);
    const damagedBytes = Uint8Array.from(first!.bytes);
    damagedBytes[30]! ^= 1;
    const damaged: EncodedBatch = { ...first!, bytes: damagedBytes };
    const withHeader = (name: string, value: string): FeedMessage => ({ ...good, headers: { ...good.headers, [name]: value } });
    const without = (name: string): FeedMessage => ({ ...good, headers: Object.fromEntries(Object.entries(good.headers).filter(([key]) => key !== name)) });
    const twoBatches: EncodedBatch = { ...first!, endOffset: 2 as Offset, bytes: Buffer.concat([first!.bytes, second!.bytes]) };

    it.each<[what: string, message: FeedMessage, reason: string]>([
      ['without a MAC', without(FEED_HEADER.mac), 'no-mac'],
      ['without any header', { body: first!.bytes, headers: {} }, 'no-mac'],
      ['with an empty MAC', withHeader(FEED_HEADER.mac, ''), 'no-mac'],
      ['signed with another key', signed(first!, { key: OTHER_KEY }), 'wrong-mac'],
      ['with a MAC that was cut off', withHeader(FEED_HEADER.mac, good.headers[FEED_HEADER.mac]!.slice(0, -4)), 'wrong-mac'],
      ['with another body', { ...good, body: second!.bytes }, 'wrong-mac'],
      ['with another base offset', withHeader(FEED_HEADER.baseOffset, '1'), 'wrong-mac'],
      ['with another end offset', withHeader(FEED_HEADER.endOffset, '2'), 'wrong-mac'],
      ['of another cluster', signed(first!, { clusterId: 'another cluster' }), 'wrong-mac'],
      ['of an epoch whose key nobody told', signed(first!, { epoch: 4 as Epoch }), 'unknown-epoch'],
      ['of an old epoch, under a new one', withHeader(FEED_HEADER.leaderEpoch, '5'), 'wrong-mac'],
      ['whose offset is no number', withHeader(FEED_HEADER.baseOffset, '0x'), 'damaged'],
      ['whose offset is negative', withHeader(FEED_HEADER.endOffset, '-1'), 'damaged'],
      ['whose epoch is beyond 2^53', withHeader(FEED_HEADER.leaderEpoch, '9007199254740993'), 'damaged'],
      ['whose epoch is missing', without(FEED_HEADER.leaderEpoch), 'unknown-epoch'],
      ['signed, but damaged', signed(damaged), 'damaged'],
      ['signed, but empty', signed({ ...first!, bytes: new Uint8Array(0) }), 'damaged'],
      ['signed, but holding two batches', signed(twoBatches), 'damaged'],
      ['signed, but under other offsets', signed({ ...first!, baseOffset: 5 as Offset, endOffset: 6 as Offset }), 'damaged'],
    ])('is dropped: a message %s', async (_what, message, reason) => {
      const { heard } = await follow({ keys: [[EPOCH, KEY], [5, OTHER_KEY]] });
      const intruder = await intrude();

      intruder.send(message);
      intruder.send(signed(second!));

      await until('the good one behind it', () => heard.batches.length === 1);
      expect(heard.drops).toEqual([reason]);
      expect(heard.batches[0]!.baseOffset).toBe(1);
    });

    it('is accepted once its epoch\'s key is known, and no earlier', async () => {
      const { follower, heard } = await follow({ keys: [] });
      const intruder = await intrude();
      intruder.send(good);
      await until('the drop', () => heard.drops.length === 1);

      follower.setKey(EPOCH, KEY);
      intruder.send(good);

      await until('the batch', () => heard.batches.length === 1);
      expect(heard.drops).toEqual(['unknown-epoch']);
    });

    it('repeats what the leader said, as often as it likes: the same batches', async () => {
      const { heard } = await follow();
      const intruder = await intrude();

      for (let times = 0; times < 3; times++) intruder.send(good);

      await until('three', () => heard.batches.length === 3);
      expect(new Set(heard.batches.map(hex)).size).toBe(1);
    });

    it('does not reach a follower of a recovered cluster from its former self', async () => {
      const { publisher } = await publish();
      const recovered = await publish({ recoveryId: 'r1' });
      const { heard } = await follow({ recoveryId: 'r1' });

      publisher.publish(first!, EPOCH, KEY);
      recovered.publisher.publish(second!, EPOCH, KEY);

      await until('the batch', () => heard.batches.length === 1);
      expect(heard.batches[0]!.baseOffset).toBe(1);
      expect(heard.drops).toEqual([]);
    });
  });

  it('keeps the keys of the last epochs, so that a republished tail can be checked', async () => {
    const { follower, heard } = await follow({ keys: [] });
    const intruder = await intrude();
    const keyOf = (epoch: number) => new Uint8Array(32).fill(epoch);
    for (let epoch = 1; epoch <= 12; epoch++) follower.setKey(epoch as Epoch, keyOf(epoch));
    const [batch] = batchChain(1);

    for (const epoch of [1, 11, 12]) intruder.send(signed(batch!, { epoch: epoch as Epoch, key: keyOf(epoch) }));

    await until('the newer two', () => heard.batches.length === 2);
    expect(heard.drops).toEqual(['unknown-epoch']);
  });

  it('announces a batch that is too large for the server, with a MAC, and sends the next one whole', async () => {
    await server.kill();
    await server.start('max_payload: 8KB');
    const { publisher } = await publish();
    const { heard } = await follow();
    const small = batchChain(2, { payloadBytes: 100 });
    const [large] = batchChain(1, { payloadBytes: 9000 });
    const shifted = { ...large!, baseOffset: 1 as Offset, endOffset: 2 as Offset };

    expect(publisher.publish(small[0]!, EPOCH, KEY)).toBe(true);
    expect(publisher.publish(shifted, EPOCH, KEY)).toBe(true);
    expect(publisher.publish(small[1]!, EPOCH, KEY)).toBe(true);

    await until('two batches', () => heard.batches.length === 2);
    expect(heard.announcedOffsets).toEqual([2]);
    expect(heard.drops).toEqual([]);
  });

  it('does not believe an announcement that carries no MAC of the leader', async () => {
    const { heard } = await follow();
    const intruder = await intrude();
    const [batch] = batchChain(1);
    const announcement = signed({ ...batch!, bytes: new Uint8Array(0) }, { key: OTHER_KEY });

    intruder.send({ ...announcement, headers: { ...announcement.headers, [FEED_HEADER.body]: 'header' } });

    await until('the drop', () => heard.drops.length === 1);
    expect(heard.drops).toEqual(['wrong-mac']);
    expect(heard.announcedOffsets).toEqual([]);
  });

  it('learns the limit of the server that it is connected to now', async () => {
    const { publisher, events } = await publish();
    const { heard } = await follow();
    const [batch] = batchChain(1, { payloadBytes: 20_000 });
    publisher.publish(batch!, EPOCH, KEY);
    await until('the batch', () => heard.batches.length === 1);

    await server.kill();
    await until('the loss', () => events.includes('down') && !heard.isUp);
    await server.start('max_payload: 8KB');
    await until('both to be back', () => publisher.isUp && heard.isUp);
    publisher.publish(batch!, EPOCH, KEY);

    await until('the announcement', () => heard.announcedOffsets.length === 1);
    expect(heard.batches).toHaveLength(1);
  });

  describe('a server that goes and comes', () => {
    it('is told as down and up on both sides, and used again', async () => {
      const { publisher, events, problems } = await publish();
      const { heard, problems: followerProblems } = await follow();
      const [first, second, third] = batchChain(3);
      publisher.publish(first!, EPOCH, KEY);
      await until('the first', () => heard.batches.length === 1);

      await server.kill();
      await until('both to know', () => events.includes('down') && !heard.isUp);
      expect(publisher.publish(second!, EPOCH, KEY)).toBe(false);
      expect(publisher.isUp).toBe(false);
      await server.start();
      await until('both to be back', () => publisher.isUp && heard.isUp);
      publisher.publish(third!, EPOCH, KEY);

      await until('the third', () => heard.batches.length === 2);
      expect(heard.batches.map(({ baseOffset }) => baseOffset)).toEqual([0, 2]);
      expect(events).toEqual(['up', 'down', 'up']);
      expect(heard.ups).toEqual([true, false, true]);
      expect([problems, followerProblems, heard.drops]).toEqual([[], [], []]);
    });

    it('gets what was committed while it was away', async () => {
      const publishing = new FeedPublishing({ maxBatches: 100, maxBytes: 1_000_000, send: (batch, epoch, key) => publisher.publish(batch, epoch, key), newKey: () => KEY });
      const publisher = new NatsPublisher({ servers: [server.url], name: 'p', clusterId: CLUSTER_ID, recoveryId: undefined, onUp: () => publishing.serverUp(), onDown: () => undefined, onProblem: () => undefined });
      publisher.open();
      cleanUp.push(() => publisher.close());
      const { heard } = await follow();
      const batches = batchChain(30);
      publishing.claim(EPOCH);
      publishing.committed(batches.slice(0, 10));
      await until('ten', () => heard.batches.length === 10);

      await server.kill();
      await until('both to know', () => !publisher.isUp && !heard.isUp);
      publishing.committed(batches.slice(10, 20));
      expect(publishing.publishedOffset()).toBe(10);
      await server.start();
      await until('the publisher', () => publisher.isUp);
      expect(publishing.publishedOffset()).toBe(20);
      await until('the follower', () => heard.isUp);
      publishing.committed(batches.slice(20));

      await until('the last', () => heard.batches.at(-1)?.baseOffset === 29);
      // What went out before the follower was back is the Fetch's to bring.
      const offsets = heard.batches.map(({ baseOffset }) => Number(baseOffset));
      expect(offsets).toEqual(expect.arrayContaining([...Array(10).keys(), ...Array.from({ length: 10 }, (_, n) => 20 + n)]));
    });

    it('may be missing at the start: nobody complains, and it is used when it is there', async () => {
      const { port } = server;
      await server.kill();
      const heard = new Heard();
      const problems: string[] = [];
      const follower = new NatsFollower({ servers: [`nats://127.0.0.1:${port}`], name: 'early', clusterId: CLUSTER_ID, recoveryId: undefined, onProblem: (message) => problems.push(message) });
      follower.setKey(EPOCH, KEY);
      follower.open(heard);
      cleanUp.push(() => follower.close());

      await server.start();
      await until('the follower to connect', () => heard.isUp);
      (await intrude()).send(signed(batchChain(1)[0]!));

      await until('a batch', () => heard.batches.length === 1);
      expect(problems).toEqual([]);
      expect(heard.ups).toEqual([true]);
    });

    it('that hangs is given up within some seconds', async () => {
      const { events } = await publish();
      const { heard } = await follow();

      server.freeze();

      await until('both to know', () => events.includes('down') && !heard.isUp, 20_000);
      server.thaw();
      await until('both to be back', () => events.at(-1) === 'up' && heard.isUp, 20_000);
    });
  });

  it('says why a server does not want us, and goes on asking', async () => {
    await server.kill();
    await server.start('authorization { token: "secret" }');
    const problems: string[] = [];
    const publisher = new NatsPublisher({ servers: [server.url], name: 'p', clusterId: CLUSTER_ID, recoveryId: undefined, onUp: () => undefined, onDown: () => undefined, onProblem: (message) => problems.push(message) });
    publisher.open();
    cleanUp.push(() => publisher.close());

    await until('a complaint', () => problems.length > 0);
    expect(problems[0]).toMatch(/authorization/i);
    expect(publisher.isUp).toBe(false);
    await server.kill();
    await server.start();
    await until('the publisher', () => publisher.isUp);
  });

  it('is told nothing after it is closed', async () => {
    const { follower, heard } = await follow();
    const other = await follow();
    const intruder = await intrude();

    follower.close();
    intruder.send(signed(batchChain(1)[0]!));

    await until('the other to hear it', () => other.heard.batches.length === 1);
    expect(heard.batches).toEqual([]);
    expect(heard.ups).toEqual([true]);
  });
});
