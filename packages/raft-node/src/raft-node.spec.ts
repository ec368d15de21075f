import { describe, expect, it } from 'vitest';
import type { CoreEvent, FetchRequest, VoterChangeResponse } from '@quorate/raft-core';
import type { EncodedBatch, Epoch, NodeId, Offset, RawRecord } from '@quorate/records';
import { batchAfter, configOf, endpointsOf, ManualTimers, MemoryElections, MemoryLog, RecordingListener, RecordingTransport } from '../test/fakes.js';
import type { FeedPosition } from './fetch-replies.js';
import { MemorySnapshotStore } from './memory-snapshot-store.js';
import { RaftNode } from './raft-node.js';
import type { SnapshotRetention } from './retention.js';

const NO_OP: RawRecord = { type: 20, version: 0, payload: new Uint8Array(0) };

const KEEP_ALL: SnapshotRetention = { maxBytes: undefined, maxMs: undefined };

function makeNode(voterIds: readonly number[], self = 1, feed?: FeedPosition, retention = KEEP_ALL) {
  const log = new MemoryLog();
  const elections = new MemoryElections();
  const snapshots = new MemorySnapshotStore(log);
  const transport = new RecordingTransport();
  const timers = new ManualTimers();
  const listener = new RecordingListener();
  const events: CoreEvent[] = [];
  const fatal: Error[] = [];
  const node = new RaftNode({
    config: configOf(self, voterIds),
    log,
    elections,
    snapshots,
    retention,
    transport,
    timers,
    listener,
    appliedOffset: 0 as Offset,
    observe: (event) => events.push(event),
    onFatal: (error) => fatal.push(error),
    feed,
  });
  const run = (forMs: number) => {
    const limit = timers.now + forMs;
    while (timers.fireNext(limit));
    timers.now = limit;
  };
  return { node, log, elections, snapshots, transport, timers, listener, events, fatal, run };
}

/** A node that leads alone. */
function makeLeader() {
  const parts = makeNode([1]);
  parts.node.start();
  parts.run(100);
  return parts;
}

function proposal(node: RaftNode, count = 1) {
  return {
    epoch: node.leader.epoch,
    expectedBaseOffset: node.endOffset,
    records: Array.from({ length: count }, () => NO_OP),
    requests: [],
    appendTimeMs: 1_700_000_000_000,
  };
}

/** Node 1 of three, following node 2, with one fetch under way. */
function makeFollower(retention = KEEP_ALL) {
  const parts = makeNode([1, 2, 3], 1, undefined, retention);
  parts.node.start();
  parts.transport.receiver!.request(1, {
    kind: 'beginQuorumEpoch',
    ...configOf(1, [1, 2, 3]).cluster,
    voter: { id: 1 as NodeId, directoryId: configOf(1, []).self.directoryId },
    leaderId: 2 as NodeId,
    leaderEpoch: 3 as Epoch,
    leaderEndpoints: endpointsOf(2),
  });
  const fetches = () => parts.transport.sent.filter(({ request }) => request.kind === 'fetch');
  return { ...parts, fetches, lastFetch: () => fetches().at(-1)! };
}

function fetchAnswer(batches: FetchAnswerBatches, highWatermark: number) {
  return {
    kind: 'fetch' as const,
    error: 'NONE' as const,
    leaderId: 2 as NodeId,
    leaderEpoch: 3 as Epoch,
    leaderEndpoints: endpointsOf(2),
    highWatermark: highWatermark as Offset,
    logStartOffset: 0 as Offset,
    diverging: undefined,
    snapshotId: undefined,
    batches,
    readRound: 0,
    feedPublishedOffset: undefined,
    feedKey: undefined,
  };
}
type FetchAnswerBatches = Extract<Parameters<NonNullable<RecordingTransport['receiver']>['response']>[2], { kind: 'fetch' }>['batches'];

describe('RaftNode', () => {
  it('elects itself when it is the only voter, and claims after its own LeaderChange is delivered', () => {
    const { listener, log, elections } = makeLeader();

    expect(elections.persisted.length).toBeGreaterThan(0);
    expect(log.batches[0]).toMatchObject({ isControl: true, baseOffset: 0 });
    const committed = listener.said.findIndex((line) => line.startsWith('committed 0-'));
    const claim = listener.said.findIndex((line) => line.startsWith('claim '));
    expect(committed).toBeGreaterThanOrEqual(0);
    expect(claim).toBeGreaterThan(committed);
  });

  it('appends a proposal with offset and chain of the log, and delivers it when it is committed', () => {
    const { node, log, listener, run } = makeLeader();
    const before = { endOffset: log.endOffset, checksum: log.endChecksum };

    const result = node.propose(proposal(node, 2));
    run(1);

    expect(result).toMatchObject({ kind: 'appended', batch: { baseOffset: before.endOffset, previousChecksum: before.checksum, recordCount: 2 } });
    expect(listener.said.at(-1)).toBe(`committed ${before.endOffset}-${before.endOffset + 2}`);
  });

  it('calls nothing of the state machine before propose returns, even on a disk that is done at once', () => {
    const { node, listener } = makeLeader();
    const said = listener.said.length;

    node.propose(proposal(node));

    expect(listener.said.length).toBe(said);
  });

  it('takes proposals from within the delivery of committed batches', () => {
    const { node, listener, run } = makeLeader();
    const results: string[] = [];
    listener.onCommitted = () => {
      if (results.length < 3) results.push(node.propose(proposal(node)).kind);
    };

    node.propose(proposal(node));
    run(1);

    expect(results).toEqual(['appended', 'appended', 'appended']);
    expect(node.highWatermark).toBe(node.endOffset);
  });

  it('refuses a proposal for another offset or epoch, or beyond the limits, and changes nothing', () => {
    const { node, log } = makeLeader();
    const end = log.endOffset;

    expect(node.propose({ ...proposal(node), expectedBaseOffset: (end + 1) as Offset })).toEqual({ kind: 'refused', reason: 'wrong-offset' });
    expect(node.propose({ ...proposal(node), epoch: 99 as Epoch })).toEqual({ kind: 'refused', reason: 'wrong-epoch' });
    expect(node.propose(proposal(node, 10_001))).toEqual({ kind: 'refused', reason: 'too-large' });
    expect(log.endOffset).toBe(end);
  });

  it('refuses proposals while it does not lead', () => {
    const { node } = makeFollower();

    expect(node.propose(proposal(node))).toEqual({ kind: 'refused', reason: 'not-leader' });
  });

  it('renounces when it resigns, after resign has returned', () => {
    const { node, listener, run } = makeLeader();
    const { epoch } = node.leader;

    node.resign(epoch, 'test');
    expect(listener.said).not.toContain(`renounce ${epoch}`);
    run(1);

    expect(listener.said).toContain(`renounce ${epoch}`);
  });

  it('steps nothing while the election state is not durable', () => {
    const { elections, transport } = (() => {
      const parts = makeNode([1, 2, 3]);
      parts.elections.immediate = false;
      parts.node.start();
      return parts;
    })();
    const vote = {
      kind: 'vote' as const,
      ...configOf(1, []).cluster,
      voter: { id: 1 as NodeId, directoryId: configOf(1, []).self.directoryId },
      candidate: { id: 2 as NodeId, directoryId: configOf(2, []).self.directoryId },
      candidateEpoch: 5 as Epoch,
      lastEpoch: 0 as Epoch,
      endOffset: 0 as Offset,
      preVote: false,
      trigger: 'start-up' as const,
      attempt: 1,
    };

    transport.receiver!.request(1, vote);
    transport.receiver!.request(2, { ...vote, candidateEpoch: 6 as Epoch });
    expect(transport.replies).toEqual([]);
    elections.release();
    elections.release();
    elections.release();
    elections.release();

    expect(transport.replies.map(({ token }) => token)).toEqual([1, 2]);
    expect(elections.persisted.at(-1)).toMatchObject({ epoch: 6, votedKey: { id: 2 } });
  });

  it('arms no deadline while it waits for the disk, however long that takes', () => {
    const { node, elections, timers } = makeNode([1]);
    elections.immediate = false;

    node.start();
    let fired = 0;
    while (fired < 100 && timers.fireNext(timers.now + 60_000)) fired += 1;
    expect(elections.persisted.length).toBe(1);
    expect(fired).toBeLessThan(5);
    elections.immediate = true;
    elections.release();

    expect(node.status().role).toBe('leader');
  });

  it('deletes nothing of its log beyond what it has flushed, though others have made more of it committed', () => {
    const { node, log, snapshots, transport, lastFetch, run, fatal } = makeFollower({ maxBytes: 1, maxMs: undefined, intervalMs: 50 });
    const first = batchAfter({ endOffset: 0 as Offset, checksum: log.endChecksum }, 3);
    const second = batchAfter(first, 3);
    const third = batchAfter(second, 3);
    transport.receiver!.response(lastFetch().requestId, 2 as NodeId, fetchAnswer([first], 0));
    const neverFlushed = (batch: EncodedBatch): void => void log.batches.push(batch);
    log.append = neverFlushed;
    transport.receiver!.response(lastFetch().requestId, 2 as NodeId, fetchAnswer([second, third], 3));
    for (const { endOffset, checksum } of [first, second]) {
      const sink = node.createSnapshot({ endOffset, epoch: 3 as Epoch, lastContainedTimestampMs: 0, chainChecksum: checksum, imageDigest: undefined });
      if (typeof sink === 'string') throw new Error(sink);
      sink.freeze(() => {});
    }

    run(200);

    expect(fatal).toEqual([]);
    expect(snapshots.list()).toHaveLength(2);
    expect(log.startOffset).toBe(0);
  });

  it('says in a fetch how its copy ends', () => {
    const { log, transport, lastFetch, run } = makeFollower();
    const first = batchAfter({ endOffset: 0 as Offset, checksum: log.endChecksum }, 3);

    transport.receiver!.response(lastFetch().requestId, 2 as NodeId, fetchAnswer([first], 0));
    run(50);

    expect(log.endOffset).toBe(1);
    expect(lastFetch().request as FetchRequest).toMatchObject({ fetchOffset: 1, chainChecksum: first.checksum });
  });

  it('drops fetched batches that break the chain, keeps those before, and reports it', () => {
    const { log, transport, lastFetch, events } = makeFollower();
    const first = batchAfter({ endOffset: 0 as Offset, checksum: log.endChecksum }, 3);
    const foreign = batchAfter({ endOffset: first.endOffset, checksum: 12345 }, 3);

    transport.receiver!.response(lastFetch().requestId, 2 as NodeId, fetchAnswer([first, foreign], 0));

    expect(log.batches).toEqual([first]);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'described', name: 'raft-node.batches-dropped' }));
  });

  it('applies nothing as committed when what was fetched does not continue its own end', () => {
    const { log, transport, lastFetch, listener, run } = makeFollower();
    const own = batchAfter({ endOffset: 0 as Offset, checksum: log.endChecksum }, 3);
    transport.receiver!.response(lastFetch().requestId, 2 as NodeId, fetchAnswer([own], 0));
    run(50);
    const ofAnotherLog = batchAfter({ endOffset: own.endOffset, checksum: 12345 }, 3);

    transport.receiver!.response(lastFetch().requestId, 2 as NodeId, fetchAnswer([ofAnotherLog], 2));
    run(5);

    expect(listener.said.filter((line) => line.startsWith('committed'))).toEqual([]);
  });

  it('hands over when its disk is full, takes no more proposals, and leads again when there is room', () => {
    const { node, log, listener, run } = makeLeader();

    log.fill(true);
    run(10_000);
    expect(node.propose(proposal(node))).toEqual({ kind: 'refused', reason: 'not-leader' });
    expect(listener.said.at(-1)).toMatch(/^renounce /);

    log.fill(false);
    run(10_000);

    expect(node.propose(proposal(node)).kind).toBe('appended');
  });

  it('drops what it fetches while its disk is full, hears its leader all the same, and asks again now and then', () => {
    const { log, transport, node, lastFetch, fetches, run } = makeFollower();
    const batch = batchAfter({ endOffset: 0 as Offset, checksum: log.endChecksum }, 3);
    log.fill(true);
    for (let i = 0; i < 20; i++) {
      const { requestId } = lastFetch();
      transport.receiver!.response(requestId, 2 as NodeId, fetchAnswer([batch], 1));
      run(250);
    }

    expect(log.batches).toEqual([]);
    expect(node.status()).toMatchObject({ role: 'follower', leaderId: 2 });
    expect(fetches().length).toBeGreaterThan(15);
    expect(fetches().length).toBeLessThan(30);
    log.fill(false);
    transport.receiver!.response(lastFetch().requestId, 2 as NodeId, fetchAnswer([batch], 1));
    expect(log.batches).toEqual([batch]);
  });

  it('takes up what the transport brings while it opens once the core has its first role', () => {
    const { node, transport, fatal } = makeNode([1, 2, 3]);
    transport.onOpen = (receiver) =>
      receiver.request(1, { ...configOf(1, []).cluster, kind: 'endQuorumEpoch', leaderId: 2 as NodeId, leaderEpoch: 3 as Epoch, preferredCandidates: [], leaderEndpoints: endpointsOf(2) });

    node.start();

    expect(fatal).toEqual([]);
    expect(transport.replies).toMatchObject([{ token: 1, response: { error: 'NONE', leaderEpoch: 3 } }]);
  });

  it('owes the feed key to nobody who was answered without data', () => {
    const { node, transport } = makeNode([1, 2, 3], 1, { publishedOffset: () => undefined, key: () => undefined });
    node.start();
    const fetch = {
      ...configOf(1, []).cluster, kind: 'fetch' as const, replica: { id: undefined, directoryId: undefined }, currentLeaderEpoch: 0 as Epoch, fetchOffset: 0 as Offset, lastFetchedEpoch: 0 as Epoch,
      maxWaitMs: 500, maxBytes: 1000, highWatermark: undefined, chainChecksum: undefined, readRound: 0, imageDigest: undefined, recovering: false, committedOnly: true,
    };

    for (let token = 1; token <= 10; token++) transport.receiver!.request(token, fetch);

    expect(transport.replies).toHaveLength(10);
    expect(node.waitingFeedReaders).toBe(0);
  });

  it('delivers to the state machine what the leader says is committed, each batch once', () => {
    const { log, transport, lastFetch, listener, run } = makeFollower();
    const first = batchAfter({ endOffset: 0 as Offset, checksum: log.endChecksum }, 3);
    const second = batchAfter(first, 3);
    transport.receiver!.response(lastFetch().requestId, 2 as NodeId, fetchAnswer([first, second], 1));
    run(50);

    transport.receiver!.response(lastFetch().requestId, 2 as NodeId, fetchAnswer([], 2));

    expect(listener.said.filter((line) => line.startsWith('committed'))).toEqual(['committed 0-1', 'committed 1-2']);
  });

  it('stops at once and answers nothing more when the log fails', () => {
    const { node, log, transport, fatal, run } = makeFollower();
    const { receiver } = transport;
    const replies = transport.replies.length;

    log.fail(new Error('EIO'));
    receiver!.connectionLost(2 as NodeId);
    run(5000);

    expect(fatal.map((error) => error.message)).toEqual(['EIO']);
    expect(node.halted).toBe(true);
    expect(transport.replies.length).toBe(replies);
  });

  it('keeps the elections it stood in and the votes it cast', () => {
    const { node } = makeLeader();

    expect(node.elections()).toEqual([expect.objectContaining({ outcome: 'won', nodeId: 1 })]);
  });

  it('closes the log when it has stopped gracefully', () => {
    const { node, log, run } = makeLeader();
    let stopped = false;

    node.stop(() => (stopped = true));
    run(6000);

    expect(stopped).toBe(true);
    expect(log.closed).toBe(true);
  });

  it('changes voters for a caller of this process, and lets it propose when it is told', () => {
    const { node, transport, run } = makeLeader();
    const answers: VoterChangeResponse[] = [];
    const voter = { id: 2 as NodeId, directoryId: configOf(2, [2]).self.directoryId };

    node.addVoter({ voter, endpoints: endpointsOf(2), timeoutMs: 1000, ackWhenCommitted: true, validateOnly: false }, (answer) => {
      answers.push(answer);
      expect(node.propose(proposal(node)).kind).toBe('appended');
    });
    expect(transport.sent.at(-1)).toMatchObject({ to: { id: 2 }, request: { kind: 'describeQuorum' } });
    run(1000);

    expect(answers).toMatchObject([{ kind: 'addRaftVoter', error: 'REQUEST_TIMED_OUT' }]);
    expect(transport.replies).toEqual([]);
  });

  it('refuses to change voters when it does not lead, or has stopped', () => {
    const { node } = makeFollower();
    const errors: string[] = [];
    const remove = (): void => node.removeVoter({ voter: configOf(2, [2]).self, validateOnly: false }, ({ error }) => errors.push(error));

    remove();
    node.halt();
    remove();

    expect(errors).toEqual(['NOT_LEADER_OR_FOLLOWER', 'BROKER_NOT_AVAILABLE']);
  });
});
