import { describe, expect, it } from 'vitest';
import { DEFAULT_CONTROLLER_CONFIG } from '@quorate/controller-core';
import type { Command, CreateTopicsCommand } from '@quorate/controller-core';
import { MetadataImage } from '@quorate/metadata-image';
import { recordsOf, requestsOf, RECORD_TYPE } from '@quorate/records';
import type { BrokerEpoch, NodeId, Offset, Uuid } from '@quorate/records';
import { FakeLog, ManualTimers } from '../test/fake-log.js';
import { ControllerNode } from './controller-node.js';
import { DEFAULT_CONTROLLER_NODE_CONFIG } from './controller-node-config.js';
import type { ControllerNodeConfig } from './controller-node-config.js';
import type { ControllerEvent } from './event.js';
import type { SubmitOutcome } from './outcome.js';

const SESSION_MS = 3000;

function makeNode(log: FakeLog, overrides: Partial<ControllerNodeConfig> = {}) {
  const timers = new ManualTimers();
  const events: ControllerEvent[] = [];
  const image = new MetadataImage();
  let seed = 1;
  const node = new ControllerNode({
    image,
    controller: { ...DEFAULT_CONTROLLER_CONFIG, clusterId: 'c', sessionTimeoutMs: SESSION_MS },
    config: { ...DEFAULT_CONTROLLER_NODE_CONFIG, maxIdleIntervalMs: 0, ...overrides },
    bootstrapRecords: [],
    timers,
    random: () => ((seed = (seed * 16807) % 2147483647) / 2147483647),
    observe: (event) => events.push(event),
    feed: () => {},
  });
  log.listen(node);
  node.start(log);
  return { node, timers, events, image };
}

/** An active controller with one unfenced broker. */
function makeActive(overrides: Partial<ControllerNodeConfig> = {}) {
  const log = new FakeLog();
  const parts = makeNode(log, overrides);
  log.elect(1);
  log.settle();
  const registered = submit(parts.node, registerBroker(7));
  log.settle();
  const brokerEpoch = committed(registered()).reply.kind === 'registerBroker' ? (committed(registered()).reply as { brokerEpoch?: BrokerEpoch }).brokerEpoch! : (0 as BrokerEpoch);
  const beat = () => submit(parts.node, heartbeat(7, brokerEpoch, log.endOffset));
  beat();
  log.settle();
  return { ...parts, log, beat, brokerEpoch };
}

function registerBroker(brokerId: number): Command {
  return {
    kind: 'registerBroker',
    clusterId: 'c',
    brokerId: brokerId as NodeId,
    incarnationId: `incarnation-broker-${brokerId}`.padEnd(21, 'x').slice(0, 21) + 'A' as Uuid,
    endpoints: [{ name: 'PLAINTEXT', host: 'localhost', port: 9092, securityProtocol: 0 }],
    features: [
      { name: 'metadata.version', minSupported: 1, maxSupported: 25 },
      { name: 'kraft.version', minSupported: 0, maxSupported: 1 },
    ],
    rack: undefined,
    logDirs: [`directory-of-broker-${brokerId}`.padEnd(21, 'x').slice(0, 21) + 'A' as Uuid],
    previousBrokerEpoch: undefined,
  };
}

function heartbeat(brokerId: number, brokerEpoch: BrokerEpoch, currentMetadataOffset: Offset): Command {
  return { kind: 'brokerHeartbeat', brokerId: brokerId as NodeId, brokerEpoch, currentMetadataOffset, wantFence: false, wantShutDown: false, offlineLogDirs: [] };
}

function createTopic(name: string, partitionCount = 1): CreateTopicsCommand {
  return { kind: 'createTopics', topics: [{ name, partitionCount, replicationFactor: 1, assignments: [], configs: [] }], validateOnly: false, atomic: true };
}

function requestId(tail: number, timeMs = 1_700_000_000_000): Uint8Array {
  const bytes = new Uint8Array(16);
  for (let at = 5, rest = timeMs; at >= 0; at--, rest = Math.floor(rest / 256)) bytes[at] = rest % 256;
  bytes[6] = 0x70;
  bytes[8] = 0x80;
  bytes[15] = tail;
  return bytes;
}

function submit(node: ControllerNode, command: Command, options: { requestId?: Uint8Array; deadlineMs?: number } = {}): () => SubmitOutcome | undefined {
  let outcome: SubmitOutcome | undefined;
  node.submit(command, { deadlineMs: Number.POSITIVE_INFINITY, ...options }, (given) => {
    expect(outcome).toBeUndefined();
    outcome = given;
  });
  return () => outcome;
}

function committed(outcome: SubmitOutcome | undefined): Extract<SubmitOutcome, { kind: 'committed' }> {
  expect(outcome).toMatchObject({ kind: 'committed' });
  return outcome as Extract<SubmitOutcome, { kind: 'committed' }>;
}

function errorsOf(outcome: SubmitOutcome | undefined): string[] {
  const { reply } = committed(outcome);
  return 'topics' in reply ? reply.topics.map(({ error }) => error) : [];
}

describe('ControllerNode', () => {
  it('writes the bootstrap records first, then answers a write once it is committed', () => {
    const { node, log, image } = makeActive();

    const outcome = submit(node, createTopic('orders'));
    expect(outcome()).toBeUndefined();
    expect(image.topicByName('orders')).toBeUndefined();
    log.settle();

    expect(committed(outcome()).offset).toBe(log.endOffset);
    expect(image.topicByName('orders')).toBeDefined();
    expect(image.featureLevel('metadata.version')).toBe(21);
  });

  it('decides at once when nothing is being flushed, and collects while something is', () => {
    const { node, log } = makeActive();
    const before = log.batches.length;

    submit(node, createTopic('a'));
    submit(node, createTopic('b'));
    submit(node, createTopic('c'));
    expect(log.batches.length).toBe(before + 1);
    log.flush();

    expect(log.batches.length).toBe(before + 2);
    expect(recordsOf(log.batches.at(-1)!).filter(({ type }) => type === RECORD_TYPE.Topic).length).toBe(2);
  });

  it('sees uncommitted changes in the next decision, and answers the refusal only when they are committed', () => {
    const { node, log } = makeActive();
    submit(node, createTopic('orders'));
    log.flush();

    const second = submit(node, createTopic('orders'));
    log.answerQuestions();
    expect(second()).toBeUndefined();
    log.commit();

    expect(errorsOf(second())).toEqual(['TOPIC_ALREADY_EXISTS']);
    expect(committed(second()).offset).toBe(log.endOffset);
  });

  it('answers what wrote nothing and read nothing uncommitted as soon as a majority has confirmed the epoch since', () => {
    const { node, log } = makeActive();

    const outcome = submit(node, { ...createTopic('orders'), validateOnly: true });
    expect(outcome()).toBeUndefined();
    log.answerQuestions();

    expect(errorsOf(outcome())).toEqual(['NONE']);
  });

  it('asks once for all that was decided before the question, and again for what came after it', () => {
    const { node, log } = makeActive();
    const dryRun = (name: string) => submit(node, { ...createTopic(name), validateOnly: true });
    const first = dryRun('a');
    const [second, third] = [dryRun('b'), dryRun('c')];
    expect(log.questions).toHaveLength(1);

    log.answerQuestions();
    expect([first(), second(), third()].map((outcome) => outcome?.kind)).toEqual(['committed', undefined, undefined]);
    expect(log.questions).toHaveLength(1);
    log.answerQuestions();

    expect([second(), third()].map((outcome) => outcome?.kind)).toEqual(['committed', 'committed']);
  });

  it('needs no question for a refusal behind which something was committed', () => {
    const { node, log } = makeActive();
    submit(node, createTopic('orders'));
    const refused = submit(node, createTopic('orders')); // both wait for the flush, then share a batch with the third
    submit(node, createTopic('payments'));

    log.flush();
    log.flush();
    log.commit();

    expect(log.questions).toEqual([]);
    expect(errorsOf(refused())).toEqual(['TOPIC_ALREADY_EXISTS']);
  });

  it('tells nobody a refusal that it cannot confirm: a leader that was deposed says that it does not lead', () => {
    const { node, log } = makeActive();
    const outcome = submit(node, { kind: 'deleteTopics', topics: [{ name: 'orders', topicId: undefined }], validateOnly: false, atomic: true });

    log.answerQuestions('leadership-lost');
    expect(outcome()).toBeUndefined();
    log.renounce();

    expect(outcome()).toMatchObject({ kind: 'not-controller', leaderId: 2 });
  });

  it('answers a heartbeat without a question: it is advice', () => {
    const { beat, log } = makeActive();

    expect(beat()()).toMatchObject({ kind: 'committed' });
    expect(log.questions).toEqual([]);
  });

  it('makes a metadata transaction of an atomic result that no batch can hold', () => {
    const { node, log, image } = makeActive({ batchLimits: { maxRecords: 10, maxBytes: 100_000 } });
    const from = log.endOffset;

    const outcome = submit(node, createTopic('wide', 25));
    const written = log.batches.filter(({ baseOffset }) => baseOffset >= from);
    log.commit(written[0]!.endOffset);
    expect(image.topicByName('wide')).toBeUndefined();
    expect(outcome()).toBeUndefined();
    log.settle();

    expect(written.map(({ recordCount }) => recordCount)).toEqual([10, 10, 8]);
    const types = written.flatMap((batch) => recordsOf(batch)).map(({ type }) => type);
    expect([types[0], types.at(-1)]).toEqual([RECORD_TYPE.BeginTransaction, RECORD_TYPE.EndTransaction]);
    expect(errorsOf(outcome())).toEqual(['NONE']);
    expect(image.topicByName('wide')?.partitionCount).toBe(25);
  });

  it('begins a transaction on a batch edge, so that what was decided before it is stable as soon as it is committed', () => {
    const { node, log, image } = makeActive({ batchLimits: { maxRecords: 10, maxBytes: 100_000 } });
    submit(node, createTopic('first')); // is being flushed: the next two collect
    const small = submit(node, createTopic('small'), { requestId: requestId(1) });
    submit(node, createTopic('wide', 25));
    log.flush();
    const withSmall = log.batches.find((batch) => requestsOf(batch).length > 0)!;

    log.commit(withSmall.endOffset);

    expect(recordsOf(withSmall).some(({ type }) => type === RECORD_TYPE.BeginTransaction)).toBe(false);
    expect(committed(small()).offset).toBe(withSmall.endOffset);
    expect(image.appliedOffset).toBe(withSmall.endOffset);
  });

  it('notes the request in the last batch of a transaction, so that half of one counts for nothing', () => {
    const { node, log } = makeActive({ batchLimits: { maxRecords: 10, maxBytes: 100_000 } });
    const from = log.endOffset;

    submit(node, createTopic('wide', 25), { requestId: requestId(1) });

    const noted = log.batches.filter(({ baseOffset }) => baseOffset >= from).map((batch) => requestsOf(batch).length);
    expect(noted).toEqual([0, 0, 1]);
  });

  it('refuses a record that fits no batch, and writes nothing', () => {
    const { node, log } = makeActive({ batchLimits: { maxRecords: 10, maxBytes: 400 } });
    const end = log.endOffset;

    const outcome = submit(node, { ...createTopic('x'), topics: Array.from({ length: 12 }, (_, i) => createTopic(`t${i}`).topics[0]!) });

    expect(outcome()).toMatchObject({ kind: 'failed', error: 'RECORD_LIST_TOO_LARGE' });
    expect(log.endOffset).toBe(end);
  });

  it('lets a repeat wait for its first copy, and gives both the same answer', () => {
    const { node, log } = makeActive();
    const first = submit(node, createTopic('orders'), { requestId: requestId(1) });
    const again = submit(node, createTopic('orders'), { requestId: requestId(1) });
    expect(again()).toBeUndefined();

    log.settle();

    expect(errorsOf(first())).toEqual(['NONE']);
    expect(again()).toEqual(first());
  });

  it('answers a repeat from the log after a restart', () => {
    const { node, log } = makeActive();
    const first = submit(node, createTopic('orders'), { requestId: requestId(1) });
    log.settle();
    const restarted = new FakeLog();
    const { node: later } = makeNode(restarted);
    restarted.batches.push(...log.batches);
    restarted.elect(2);
    restarted.settle();

    const again = submit(later, createTopic('orders'), { requestId: requestId(1) });

    const topicOf = (outcome: SubmitOutcome | undefined) => (committed(outcome).reply as { topics: readonly unknown[] }).topics[0];
    expect(topicOf(again())).toEqual(topicOf(first()));
    expect(committed(again()).offset).toBe(committed(first()).offset);
  });

  it('refuses an id that is older than the window as outcome unknown', () => {
    const { node } = makeActive();

    const outcome = submit(node, createTopic('orders'), { requestId: requestId(1, 1_600_000_000_000) });

    expect(outcome()).toEqual({ kind: 'outcome-unknown' });
  });

  it('refuses an id from far ahead, and one that is no UUIDv7', () => {
    const { node } = makeActive();

    expect(submit(node, createTopic('a'), { requestId: requestId(1, 1_800_000_000_000) })()).toMatchObject({ kind: 'failed', error: 'INVALID_REQUEST' });
    expect(submit(node, createTopic('a'), { requestId: new Uint8Array(16) })()).toMatchObject({ kind: 'failed', error: 'INVALID_REQUEST' });
  });

  it('never begins a command after its deadline', () => {
    const { node, log, timers } = makeActive();
    submit(node, createTopic('first')); // is being flushed: the next one waits
    const late = submit(node, createTopic('late'), { deadlineMs: timers.now + 100 });

    timers.advance(100);
    log.settle();

    expect(late()).toEqual({ kind: 'timed-out', started: false });
    expect(node.image.topicByName('late')).toBeUndefined();
  });

  it('says of a command that was begun that it may still commit', () => {
    const { node, log, timers } = makeActive();
    const outcome = submit(node, createTopic('orders'), { deadlineMs: timers.now + 100 });

    timers.advance(100);
    expect(outcome()).toEqual({ kind: 'timed-out', started: true });
    log.settle();

    expect(node.image.topicByName('orders')).toBeDefined();
  });

  it('tells what did not happen from what nobody knows when it loses leadership', () => {
    const { node, log } = makeActive();
    const proposed = submit(node, createTopic('proposed'));
    const queued = submit(node, createTopic('queued'));

    log.renounce();

    expect(proposed()).toEqual({ kind: 'outcome-unknown' });
    expect(queued()).toMatchObject({ kind: 'not-controller', leaderId: 2 });
    expect(submit(node, createTopic('after'))()).toMatchObject({ kind: 'not-controller', leaderId: 2 });
  });

  it('sees nothing of what it decided and lost when it leads again', () => {
    const { node, log } = makeActive();
    submit(node, createTopic('lost'));
    log.renounce();
    log.truncateToCommitted();
    log.elect(3);
    log.settle();

    const outcome = submit(node, createTopic('lost'));
    log.settle();

    expect(errorsOf(outcome())).toEqual(['NONE']);
  });

  it('ends a transaction that its predecessor left open', () => {
    const { node, log, image } = makeActive({ batchLimits: { maxRecords: 10, maxBytes: 100_000 } });
    const from = log.endOffset;
    submit(node, createTopic('half', 25));
    log.commit(log.batches.find(({ baseOffset }) => baseOffset === from)!.endOffset);
    log.renounce();
    log.truncateToCommitted();

    log.elect(3);
    log.settle();

    expect(recordsOf(log.batches.at(-1)!).map(({ type }) => type)).toEqual([RECORD_TYPE.AbortTransaction]);
    expect(image.appliedOffset).toBe(log.endOffset);
    expect(image.topicByName('half')).toBeUndefined();
    const again = submit(node, createTopic('half', 3));
    log.settle();
    expect(errorsOf(again())).toEqual(['NONE']);
  });

  it('lets a poison command hurt nobody: nothing of it is written, it is answered, leadership is given up', () => {
    const { node, log, events } = makeActive();
    const end = log.endOffset;
    const poison = { ...createTopic('x'), topics: undefined } as unknown as CreateTopicsCommand;

    const outcome = submit(node, poison);

    expect(outcome()).toMatchObject({ kind: 'failed', error: 'UNKNOWN_SERVER_ERROR', message: expect.stringContaining('createTopics') });
    expect(log.endOffset).toBe(end);
    expect(log.resigned.length).toBe(1);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'poisonCommand', command: 'createTopics' }));
    expect(submit(node, createTopic('next'))()).toMatchObject({ kind: 'not-controller' });
  });

  it('says of a command that breaks between two of its batches that nobody knows', () => {
    const { node, log } = makeActive({ batchLimits: { maxRecords: 10, maxBytes: 100_000 } });
    const before = log.batches.length;
    log.onProposal = () => {
      log.onProposal = () => {
        throw new Error('a batch that cannot be encoded');
      };
    };

    const outcome = submit(node, createTopic('wide', 25));

    expect(log.batches.length).toBeGreaterThan(before);
    expect(outcome()).toEqual({ kind: 'outcome-unknown' });
    expect(log.resigned.length).toBe(1);
  });

  it('gives up leadership when the log refuses a proposal, and says that nothing happened', () => {
    const { node, log } = makeActive();
    log.refuseNext = 'wrong-offset';

    const outcome = submit(node, createTopic('orders'));

    expect(outcome()).toMatchObject({ kind: 'not-controller' });
    expect(log.resigned).toEqual(['proposal refused: wrong-offset']);
  });

  it('writes a NoOp when nothing else was written for the idle interval', () => {
    const { log, timers } = makeActive({ maxIdleIntervalMs: 500 });
    const end = log.endOffset;

    timers.advance(499);
    expect(log.endOffset).toBe(end);
    timers.advance(1);
    log.settle();
    timers.advance(500);

    expect(recordsOf(log.batches.at(-1)!).map(({ type }) => type)).toEqual([RECORD_TYPE.NoOp]);
    expect(log.endOffset).toBe(end + 2);
  });

  it('does not try again and again while the queue is full', () => {
    const { node, timers } = makeActive({ maxIdleIntervalMs: 500, maxQueuedCommands: 1 });
    submit(node, createTopic('a')); // being flushed
    submit(node, createTopic('b')); // fills the queue
    const fired = timers.fired;

    timers.advance(2000);

    expect(timers.fired - fired).toBeLessThan(50);
  });

  it('fences a broker whose session is over, and none that is heard', () => {
    const { node, log, timers, beat, image } = makeActive();
    timers.advance(SESSION_MS - 1);
    beat();
    timers.advance(SESSION_MS - 1);
    log.settle();
    expect(image.broker(7 as NodeId)?.fenced).toBe(false);

    timers.advance(1);
    log.settle();

    expect(image.broker(7 as NodeId)?.fenced).toBe(true);
    expect(node.activeEpoch).toBe(1);
  });

  it('counts a heartbeat as contact while it still waits in the queue', () => {
    const { node, log, timers, beat, image } = makeActive();
    submit(node, createTopic('slow')); // never flushed: everything else waits
    timers.advance(SESSION_MS - 1);
    beat();
    timers.advance(1);
    log.settle();

    expect(image.broker(7 as NodeId)?.fenced).toBe(false);
  });

  it('lets a read wait until the image holds what was asked for', () => {
    const { node, log, timers } = makeActive();
    submit(node, createTopic('orders'));
    const outcomes: string[] = [];
    const done = (outcome: { kind: string; offset: number }) => outcomes.push(`${outcome.kind} ${outcome.offset}`);
    const end = log.endOffset;
    const held = node.image.appliedOffset;

    node.read(end, timers.now + 1000, done);
    node.read((end + 9) as Offset, timers.now + 50, done);
    timers.advance(50);
    log.commit();

    expect(outcomes).toEqual([`timed-out ${held}`, `ready ${end}`]);
  });

  it('answers a linearizable read with how much of the log it needs, once a majority has confirmed the epoch and the image is there', () => {
    const { node, log, timers, image } = makeActive();
    const outcomes: unknown[] = [];
    node.readLinearizable(timers.now + 1000, (outcome) => outcomes.push(outcome));
    expect(outcomes).toEqual([]);

    submit(node, createTopic('orders')); // the question is answered with an index that lies beyond what is folded here
    log.highWatermark = log.endOffset;
    log.answerQuestions();
    expect(outcomes).toEqual([]);
    log.highWatermark = image.appliedOffset;
    log.commit();

    expect(outcomes).toEqual([{ kind: 'ready', offset: log.endOffset }]);
  });

  it('refuses a linearizable read that it cannot confirm, and lets none wait beyond its deadline or its own end', () => {
    const { node, log, timers } = makeActive();
    const outcomes: unknown[] = [];
    const read = (deadlineMs: number) => node.readLinearizable(deadlineMs, (outcome) => outcomes.push(outcome.kind));

    read(timers.now + 1000);
    log.answerQuestions('leadership-lost');
    read(timers.now + 50);
    timers.advance(50);
    read(timers.now + 1000);
    node.stop();

    expect(outcomes).toEqual(['not-controller', 'timed-out', 'not-controller']);
    expect(node.waitingReads).toBe(0);
  });

  it('bounds the queue', () => {
    const { node } = makeActive({ maxQueuedCommands: 2 });
    submit(node, createTopic('a')); // proposed, not queued
    submit(node, createTopic('b'));
    submit(node, createTopic('c'));

    expect(submit(node, createTopic('d'))()).toMatchObject({ kind: 'failed', error: 'THROTTLING_QUOTA_EXCEEDED' });
  });

  it('keeps only a few batches uncommitted', () => {
    const { node, log } = makeActive({ maxUncommittedBatches: 3 });
    const before = log.batches.length;

    for (let i = 0; i < 10; i++) {
      submit(node, createTopic(`t${i}`));
      log.flush();
    }
    expect(log.batches.length).toBe(before + 3);
    log.settle();

    expect(node.image.topicCount).toBe(10);
  });
});
