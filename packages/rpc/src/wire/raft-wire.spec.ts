import type { RaftRequest, RaftResponse } from '@quorate/raft-core';
import * as wire from '@quorate/records/gen/quorate/raft/v1/raft';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addRequests,
  beginRequests,
  beginResponses,
  changeResponses,
  describeRequests,
  describeResponses,
  endRequests,
  endResponses,
  fetchRequests,
  fetchResponses,
  fetchSnapshotRequests,
  fetchSnapshotResponses,
  removeRequests,
  updateRequests,
  voteRequests,
  voteResponses,
} from '../../test/arbitrary-raft.js';
import { batchChain } from '../../test/batches.js';
import { raftErrorFromWire, refusalFromWire, triggerFromWire } from './raft-enums.js';
import {
  beginRequestFromWire,
  beginRequestToWire,
  endRequestFromWire,
  endRequestToWire,
  fetchRequestFromWire,
  fetchRequestToWire,
  fetchSnapshotRequestFromWire,
  fetchSnapshotRequestToWire,
  voteRequestFromWire,
  voteRequestToWire,
} from './raft-requests.js';
import {
  beginResponseFromWire,
  beginResponseToWire,
  endResponseFromWire,
  endResponseToWire,
  fetchResponseFromWire,
  fetchResponseToWire,
  fetchSnapshotResponseFromWire,
  fetchSnapshotResponseToWire,
  voteResponseFromWire,
  voteResponseToWire,
} from './raft-responses.js';
import * as changes from './raft-voter-changes.js';
import { WireFormatError } from './wire-format-error.js';

interface Codec<M> {
  encode(message: M): { finish(): Uint8Array };
  decode(bytes: Uint8Array): M;
}

/** Through real bytes, in a frame of their own buffer as gRPC hands them out. */
function overTheWire<M>(codec: Codec<M>, message: M): M {
  return codec.decode(Buffer.from(codec.encode(message).finish()));
}

/** Decoded bytes are Buffers, made ones are Uint8Arrays: compared by content. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value, (_key, part: unknown) => (part instanceof Uint8Array || isBufferJson(part) ? [...bytesOf(part)] : part === undefined ? '(absent)' : part))) as T;
}
const isBufferJson = (part: unknown): part is { type: 'Buffer'; data: number[] } => (part as { type?: unknown } | null)?.type === 'Buffer';
const bytesOf = (part: Uint8Array | { data: number[] }): Iterable<number> => (part instanceof Uint8Array ? part : part.data);

function expectInverse<T extends RaftRequest | RaftResponse, M>(arbitrary: fc.Arbitrary<T>, codec: Codec<M>, toWire: (value: T) => M, fromWire: (message: M) => T): void {
  fc.assert(
    fc.property(arbitrary, (value) => {
      expect(plain(fromWire(overTheWire(codec, toWire(value))))).toEqual(plain(value));
    }),
  );
}

const notDamaged = (problem: string): never => {
  throw new Error(`damaged: ${problem}`);
};

describe('Raft messages on the wire', () => {
  it('a vote request comes back as it was sent', () => expectInverse(voteRequests, wire.VoteRequest, voteRequestToWire, voteRequestFromWire));
  it('a vote response comes back as it was sent', () => expectInverse(voteResponses, wire.VoteResponse, voteResponseToWire, voteResponseFromWire));
  it('a BeginQuorumEpoch request comes back as it was sent', () => expectInverse(beginRequests, wire.BeginQuorumEpochRequest, beginRequestToWire, beginRequestFromWire));
  it('a BeginQuorumEpoch response comes back as it was sent', () =>
    expectInverse(beginResponses, wire.BeginQuorumEpochResponse, beginResponseToWire, beginResponseFromWire));
  it('an EndQuorumEpoch request comes back as it was sent', () => expectInverse(endRequests, wire.EndQuorumEpochRequest, endRequestToWire, endRequestFromWire));
  it('an EndQuorumEpoch response comes back as it was sent', () => expectInverse(endResponses, wire.EndQuorumEpochResponse, endResponseToWire, endResponseFromWire));
  it('a Fetch request comes back as it was sent', () => expectInverse(fetchRequests, wire.FetchQuery, fetchRequestToWire, fetchRequestFromWire));
  it('a Fetch response comes back as it was sent, its batches to the byte', () =>
    expectInverse(fetchResponses, wire.FetchResult, fetchResponseToWire, (message) => fetchResponseFromWire(message, notDamaged)));
  it('a FetchSnapshot request comes back as it was sent', () =>
    expectInverse(fetchSnapshotRequests, wire.FetchSnapshotQuery, fetchSnapshotRequestToWire, fetchSnapshotRequestFromWire));
  it('a FetchSnapshot response comes back as it was sent, its bytes too', () =>
    expectInverse(fetchSnapshotResponses, wire.FetchSnapshotResult, fetchSnapshotResponseToWire, fetchSnapshotResponseFromWire));

  it('an AddRaftVoter request comes back as it was sent', () => expectInverse(addRequests, wire.AddRaftVoterRequest, changes.addRequestToWire, changes.addRequestFromWire));
  it('a RemoveRaftVoter request comes back as it was sent', () => expectInverse(removeRequests, wire.RemoveRaftVoterRequest, changes.removeRequestToWire, changes.removeRequestFromWire));
  it('an UpdateRaftVoter request comes back as it was sent', () => expectInverse(updateRequests, wire.UpdateRaftVoterRequest, changes.updateRequestToWire, changes.updateRequestFromWire));
  it.each([['addRaftVoter', wire.AddRaftVoterResponse], ['removeRaftVoter', wire.RemoveRaftVoterResponse], ['updateRaftVoter', wire.UpdateRaftVoterResponse]] as const)('the answer to %s comes back as it was sent', (kind, codec) =>
    expectInverse(changeResponses(kind), codec, changes.changeResponseToWire, (message) => changes.changeResponseFromWire(kind, message)));
  it('a DescribeQuorum request comes back as it was sent', () => expectInverse(describeRequests, wire.DescribeQuorumRequest, changes.describeRequestToWire, changes.describeRequestFromWire));
  it('a DescribeQuorum response comes back as it was sent', () => expectInverse(describeResponses, wire.DescribeQuorumResponse, changes.describeResponseToWire, changes.describeResponseFromWire));

  it('joins one list of batches once, however many observers get it', () => {
    const batches = batchChain(5, 3);
    const response = { ...fc.sample(fetchResponses, { numRuns: 1, seed: 1 })[0]!, batches };

    expect(fetchResponseToWire(response).batches).toBe(fetchResponseToWire({ ...response, readRound: 9 }).batches);
  });
});

describe('damage in a Fetch answer', () => {
  const [first, second, third] = batchChain(0, 3);
  const answer = (batches: Uint8Array) => ({ ...fetchResponseToWire({ ...fc.sample(fetchResponses, { numRuns: 1, seed: 2 })[0]!, batches: [] }), batches });
  const problemsOf = (batches: Uint8Array) => {
    const problems: string[] = [];
    const read = fetchResponseFromWire(answer(batches), (problem) => problems.push(problem));
    return { offsets: read.batches.map(({ baseOffset }) => baseOffset), problems };
  };

  it('keeps the good batches before a damaged one and drops the rest', () => {
    const bytes = Buffer.concat([first!.bytes, second!.bytes, third!.bytes]);
    bytes[first!.bytes.length + 20]! ^= 1;

    const { offsets, problems } = problemsOf(bytes);

    expect(offsets).toEqual([0]);
    expect(problems).toHaveLength(1);
  });

  it('drops a batch that was cut off', () => {
    const bytes = Buffer.concat([first!.bytes, second!.bytes]);

    const { offsets, problems } = problemsOf(bytes.subarray(0, bytes.length - 1));

    expect(offsets).toEqual([0]);
    expect(problems).toHaveLength(1);
  });
});

describe('fields that cannot be what they claim', () => {
  const [vote] = fc.sample(voteRequests, { numRuns: 1, seed: 3 });
  const [begin] = fc.sample(beginRequests, { numRuns: 1, seed: 3 });
  const [end] = fc.sample(endRequests, { numRuns: 1, seed: 3 });
  const [fetch] = fc.sample(fetchRequests, { numRuns: 1, seed: 3 });
  const [voted] = fc.sample(voteResponses, { numRuns: 1, seed: 3 });
  const [fetched] = fc.sample(fetchResponses, { numRuns: 1, seed: 3 });
  const [asked] = fc.sample(fetchSnapshotRequests, { numRuns: 1, seed: 1 });
  const [got] = fc.sample(fetchSnapshotResponses, { numRuns: 1, seed: 1 });
  const shortUuid = new Uint8Array(15);
  const endpoint = { name: 'CONTROLLER', host: 'localhost', port: 9093 };

  const voteWith = (change: Partial<wire.VoteRequest>) => () => voteRequestFromWire({ ...voteRequestToWire(vote!), ...change });
  const beginWith = (change: Partial<wire.BeginQuorumEpochRequest>) => () => beginRequestFromWire({ ...beginRequestToWire(begin!), ...change });
  const endWith = (change: Partial<wire.EndQuorumEpochRequest>) => () => endRequestFromWire({ ...endRequestToWire(end!), ...change });
  const fetchWith = (change: Partial<wire.FetchQuery>) => () => fetchRequestFromWire({ ...fetchRequestToWire(fetch!), ...change });
  const votedWith = (change: Partial<wire.VoteResponse>) => () => voteResponseFromWire({ ...voteResponseToWire(voted!), ...change });
  const askedWith = (change: Partial<wire.FetchSnapshotQuery>) => () => fetchSnapshotRequestFromWire({ ...fetchSnapshotRequestToWire(asked!), ...change });
  const gotWith = (change: Partial<wire.FetchSnapshotResult>) => () => fetchSnapshotResponseFromWire({ ...fetchSnapshotResponseToWire(got!), ...change });
  const fetchedWith = (change: Partial<wire.FetchResult>) => () => fetchResponseFromWire({ ...fetchResponseToWire(fetched!), ...change }, () => undefined);

  it.each<[field: string, read: () => unknown]>([
    ['cluster', voteWith({ cluster: undefined })],
    ['cluster.recovery_id', voteWith({ cluster: { clusterId: 'c', recoveryId: shortUuid } })],
    ['voter', voteWith({ voter: undefined })],
    ['voter.id', voteWith({ voter: { id: -2, directoryId: undefined } })],
    ['voter.directory_id', voteWith({ voter: { id: 1, directoryId: shortUuid } })],
    ['candidate', voteWith({ candidate: undefined })],
    ['candidate.id', voteWith({ candidate: { id: -1, directoryId: undefined } })],
    ['candidate_epoch', voteWith({ candidateEpoch: -1 })],
    ['last_epoch', voteWith({ lastEpoch: -1 })],
    ['end_offset', voteWith({ endOffset: -1 })],
    ['cluster', beginWith({ cluster: undefined })],
    ['voter', beginWith({ voter: undefined })],
    ['leader_id', beginWith({ leaderId: -1 })],
    ['leader_epoch', beginWith({ leaderEpoch: -1 })],
    ['leader_endpoints[1].host', beginWith({ leaderEndpoints: [endpoint, { ...endpoint, host: '' }] })],
    ['leader_endpoints[0].port', beginWith({ leaderEndpoints: [{ ...endpoint, port: 0 }] })],
    ['leader_endpoints[0].port', beginWith({ leaderEndpoints: [{ ...endpoint, port: 65_536 }] })],
    ['cluster', endWith({ cluster: undefined })],
    ['leader_id', endWith({ leaderId: -1 })],
    ['leader_epoch', endWith({ leaderEpoch: -1 })],
    ['preferred_candidates[1].directory_id', endWith({ preferredCandidates: [{ id: 1, directoryId: undefined }, { id: 2, directoryId: shortUuid }] })],
    ['leader_endpoints[0].port', endWith({ leaderEndpoints: [{ ...endpoint, port: 0 }] })],
    ['query.cluster', fetchWith({ cluster: undefined })],
    ['query.cluster.recovery_id', fetchWith({ cluster: { clusterId: 'c', recoveryId: new Uint8Array(0) } })],
    ['query.replica_id', fetchWith({ replicaId: -1 })],
    ['query.replica_directory_id', fetchWith({ replicaDirectoryId: new Uint8Array(17) })],
    ['query.current_leader_epoch', fetchWith({ currentLeaderEpoch: -1 })],
    ['query.fetch_offset', fetchWith({ fetchOffset: -1 })],
    ['query.last_fetched_epoch', fetchWith({ lastFetchedEpoch: -1 })],
    ['query.high_watermark', fetchWith({ highWatermark: -1 })],
    ['query.image_digest.last_stable_offset', fetchWith({ imageDigest: { lastStableOffset: -1, version: 1, value: new Uint8Array(8) } })],
    ['query.cluster', askedWith({ cluster: undefined })],
    ['query.replica_id', askedWith({ replicaId: -1 })],
    ['query.replica_directory_id', askedWith({ replicaDirectoryId: shortUuid })],
    ['query.current_leader_epoch', askedWith({ currentLeaderEpoch: -1 })],
    ['query.snapshot_id', askedWith({ snapshotId: undefined })],
    ['query.snapshot_id.end_offset', askedWith({ snapshotId: { endOffset: -1, epoch: 1 } })],
    ['query.snapshot_id.epoch', askedWith({ snapshotId: { endOffset: 1, epoch: -1 } })],
    ['query.position', askedWith({ position: -1 })],
    ['query.max_bytes', askedWith({ maxBytes: 0 })],
    ['result.leader', gotWith({ leader: undefined })],
    ['result.snapshot_id', gotWith({ snapshotId: undefined })],
    ['result.size', gotWith({ size: -1 })],
    ['result.position', gotWith({ position: -1 })],
    ['result.unaligned_records', gotWith({ errorCode: 0, size: 10, position: 8, unalignedRecords: new Uint8Array(3) })],
    ['leader', votedWith({ leader: undefined })],
    ['leader.leader_id', votedWith({ leader: { leaderId: -1, leaderEpoch: 1, endpoints: [] } })],
    ['leader.leader_epoch', votedWith({ leader: { leaderId: 1, leaderEpoch: -1, endpoints: [] } })],
    ['leader.endpoints[0].host', votedWith({ leader: { leaderId: 1, leaderEpoch: 1, endpoints: [{ ...endpoint, host: '' }] } })],
    ['last_epoch', votedWith({ lastEpoch: -1 })],
    ['end_offset', votedWith({ endOffset: -1 })],
    ['result.leader', fetchedWith({ leader: undefined })],
    ['result.high_watermark', fetchedWith({ highWatermark: -1 })],
    ['result.log_start_offset', fetchedWith({ logStartOffset: -1 })],
    ['result.diverging.end_offset', fetchedWith({ diverging: { endOffset: -1, epoch: 1 } })],
    ['result.diverging.epoch', fetchedWith({ diverging: { endOffset: 1, epoch: -1 } })],
    ['result.snapshot_id.epoch', fetchedWith({ snapshotId: { endOffset: 1, epoch: -1 } })],
    ['result.feed_published_offset', fetchedWith({ feedPublishedOffset: -1 })],
  ])('names %s', (field, read) => {
    expect(read).toThrow(WireFormatError);
    expect(read).toThrow(expect.objectContaining({ field, message: expect.stringContaining(`${field}: `) }));
  });
});

describe('words of a newer peer', () => {
  it('reads an unknown trigger, refusal and error as the nearest that we know', () => {
    expect(triggerFromWire(99 as wire.ElectionTrigger)).toBe('election-timeout');
    expect(refusalFromWire(99 as wire.VoteRefusal)).toBeUndefined();
    expect(raftErrorFromWire(31_999)).toBe('UNKNOWN_SERVER_ERROR');
  });

  it('does not take an error that no Raft RPC may answer with', () => {
    // 36 is TOPIC_ALREADY_EXISTS.
    expect(raftErrorFromWire(36)).toBe('UNKNOWN_SERVER_ERROR');
  });
});
