import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { credentials, status, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import type { FetchRequest, FetchResponse, FetchSnapshotRequest, FetchSnapshotResponse, RaftRequest, RaftResponse, VoteRequest } from '@quorate/raft-core';
import { bytesEqual, encodeBatch, encodeRecord, MAX_READ_BATCH_BYTES, type Epoch, type Offset } from '@quorate/records';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addRequests, beginRequests, beginResponses, changeResponses, describeRequests, describeResponses, endRequests, endResponses, fetchRequests, fetchResponses, fetchSnapshotRequests, fetchSnapshotResponses, removeRequests, updateRequests, voteRequests, voteResponses } from '../../test/arbitrary-raft.js';
import { batchChain } from '../../test/batches.js';
import { CutWire } from '../../test/cut-wire.js';
import { endpointsOf, RaftPeer } from '../../test/raft-peer.js';
import { until } from '../../test/until.js';
import { target } from '../channel-options.js';
import { errorFromStatus } from '../error-from-status.js';
import { RaftServiceClient, RaftServiceService } from '../gen/quorate/raft/v1/raft_service.js';
import { CONTROLLER_LIMITS } from '../limits.js';
import type { StreamPair } from '../server/handlers.js';
import { Health } from '../server/health.js';
import { RpcServer } from '../server/rpc-server.js';
import { fetchSnapshotRequestToWire, voteRequestToWire } from '../wire/raft-requests.js';
import type { FetchRequest as WireFetch, FetchResponse as WireFetched } from '@quorate/records/gen/quorate/raft/v1/raft';

const one = <T>(arbitrary: fc.Arbitrary<T>): T => fc.sample(arbitrary, { numRuns: 1, seed: 42 })[0]!;
const vote: VoteRequest = one(voteRequests);
const fetchAt = (offset: number): FetchRequest => ({ ...one(fetchRequests), fetchOffset: offset as Offset });
const fetchedTo = (offset: number, change: Partial<FetchResponse> = {}): FetchResponse => ({ ...one(fetchResponses), error: 'NONE', batches: [], highWatermark: offset as Offset, ...change });
/** Silence of a leader is noticed after 600 ms; a broken connection must be known long before. */
const SOON_MS = 400;

/** `once` would reject with the error that comes before the status. */
const endOf = (stream: { on(event: 'status', listener: (over: StatusObject) => void): unknown }): Promise<StatusObject> => new Promise((resolve) => stream.on('status', resolve));

const cleanUp: (() => unknown)[] = [];
let ours: RaftPeer;
let peer: RaftPeer;

async function started(id: number, requestTimeoutMs?: number): Promise<RaftPeer> {
  const node = await RaftPeer.start(id, requestTimeoutMs);
  cleanUp.push(() => node.stop());
  return node;
}

async function wireTo(node: RaftPeer): Promise<CutWire> {
  const wire = await CutWire.to(node.port);
  cleanUp.push(() => wire.kill());
  return wire;
}

beforeEach(async () => {
  ours = await started(1);
  peer = await started(2);
});
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

describe('requests and answers', () => {
  it.each<[RaftRequest['kind'], RaftRequest, RaftResponse]>([
    ['vote', one(voteRequests), one(voteResponses)],
    ['beginQuorumEpoch', one(beginRequests), one(beginResponses)],
    ['endQuorumEpoch', one(endRequests), one(endResponses)],
    ['addRaftVoter', one(addRequests), one(changeResponses('addRaftVoter'))],
    ['removeRaftVoter', one(removeRequests), one(changeResponses('removeRaftVoter'))],
    ['updateRaftVoter', one(updateRequests), one(changeResponses('updateRaftVoter'))],
    ['describeQuorum', one(describeRequests), one(describeResponses)],
    ['fetchSnapshot', { ...one(fetchSnapshotRequests), maxBytes: 1000 }, { ...one(fetchSnapshotResponses), bytes: new Uint8Array(0) }],
    ['fetch', { ...one(fetchRequests), imageDigest: undefined }, { ...one(fetchResponses), batches: [], feedKey: undefined }],
  ])('%s reaches the peer, and its answer us', async (_kind, request, response) => {
    ours.transport.send(7, peer.at(), request);
    const asked = await peer.nthRequest(1);
    peer.transport.reply(asked.token, response);

    const answered = await until('the answer', () => ours.inbox.responses[0]);
    expect(asked.request).toEqual(request);
    expect(answered).toEqual({ requestId: 7, from: 2, response });
    expect(ours.inbox.events).toEqual([]);
  });

  it('matches fetches with their answers in whatever order they come, over one stream', async () => {
    for (const n of [1, 2, 3]) ours.transport.send(n, peer.at(), fetchAt(n));
    await peer.nthRequest(3);
    for (const { token, request } of [...peer.inbox.requests].reverse()) peer.transport.reply(token, fetchedTo((request as FetchRequest).fetchOffset));

    await until('three answers', () => ours.inbox.responses.length === 3);
    expect(ours.inbox.responses.map(({ requestId, response }) => [requestId, (response as FetchResponse).highWatermark])).toEqual([[3, 3], [2, 2], [1, 1]]);
    expect(peer.server.calls).toBe(1);
  });

  it('leaves a fetch parked until its answer, however much else is said meanwhile', async () => {
    ours.transport.send(1, peer.at(), fetchAt(5));
    const parked = await peer.nthRequest(1);
    for (let n = 2; n <= 20; n++) {
      ours.transport.send(n, peer.at(), n % 2 === 0 ? vote : fetchAt(n));
      const { token, request } = await peer.nthRequest(n);
      peer.transport.reply(token, request.kind === 'vote' ? one(voteResponses) : fetchedTo(n));
    }
    await until('the other answers', () => ours.inbox.responses.length === 19);

    const batches = batchChain(5, 2);
    peer.transport.reply(parked.token, fetchedTo(7, { batches }));

    const last = await until('the parked answer', () => ours.inbox.responses[19]);
    expect(last.requestId).toBe(1);
    const received = (last.response as FetchResponse).batches;
    expect(received.map(({ bytes }) => Buffer.from(bytes).toString('hex'))).toEqual(batches.map(({ bytes }) => Buffer.from(bytes).toString('hex')));
    expect(ours.inbox.events).toEqual([]);
  });

  it('carries the largest batch that a reader accepts', async () => {
    const record = (size: number) => ({ ...encodeRecord({ kind: 'NoOp', version: 0, value: {} }), payload: new Uint8Array(size).fill(1) });
    const batchOf = (size: number) => encodeBatch({ baseOffset: 0 as Offset, epoch: 1 as Epoch, appendTimeMs: 1, isControl: false, previousChecksum: 0, records: [record(size)] });
    const overhead = batchOf(MAX_READ_BATCH_BYTES - 1000).bytes.length - (MAX_READ_BATCH_BYTES - 1000);
    const largest = batchOf(MAX_READ_BATCH_BYTES - overhead);
    expect(largest.bytes.length).toBe(MAX_READ_BATCH_BYTES);

    ours.transport.send(1, peer.at(), fetchAt(0));
    peer.transport.reply((await peer.nthRequest(1)).token, fetchedTo(1, { batches: [largest], leaderEndpoints: Array.from({ length: 10 }, (_, port) => ({ name: 'CONTROLLER', host: 'h'.repeat(250), port: port + 1 })) }));

    const { response } = await until('the answer', () => ours.inbox.responses[0]);
    const [received] = (response as FetchResponse).batches;
    expect(bytesEqual(received!.bytes, largest.bytes)).toBe(true);
  });

  it('tells of a damaged batch, and keeps those before it', async () => {
    const [first, second] = batchChain(0, 2);
    const damaged = { ...second!, bytes: Uint8Array.from(second!.bytes) };
    damaged.bytes[40]! ^= 1;

    ours.transport.send(1, peer.at(), fetchAt(0));
    peer.transport.reply((await peer.nthRequest(1)).token, fetchedTo(2, { batches: [first!, damaged] }));

    const { response } = await until('the answer', () => ours.inbox.responses[0]);
    expect((response as FetchResponse).batches.map(({ baseOffset }) => baseOffset)).toEqual([0]);
    expect(ours.problems).toEqual([expect.stringMatching(/^2: a batch in a Fetch answer was dropped/)]);
  });

  it('ends the stream to the old leader when it fetches from another', async () => {
    const other = await started(3);
    ours.transport.send(1, peer.at(), fetchAt(1));
    const { token } = await peer.nthRequest(1);

    ours.transport.send(2, other.at(), fetchAt(1));

    await other.nthRequest(1);
    await until('the parked fetch to be forgotten', () => peer.inbox.cancelled.includes(token));
    await until('the stream to end', () => peer.server.calls === 0);
    peer.transport.reply(token, fetchedTo(1));
    expect(ours.inbox.events).toEqual([]);
  });
});

describe('the digest of an image', () => {
  const imageDigest = { lastStableOffset: 40 as Offset, version: 1, value: new Uint8Array(8) };

  it('reaches whoever is fetched from, and what is made of it comes back with the answer', async () => {
    for (const [n, isWrong] of [[1, false], [2, true]] as const) {
      ours.transport.send(n, peer.at(), { ...fetchAt(n), imageDigest });
      const { token } = await peer.nthRequest(n);
      peer.imagesAreWrong = isWrong;
      peer.transport.reply(token, fetchedTo(n));
      await until('the answer', () => ours.inbox.responses.length === n);
      expect(ours.wrongImages).toEqual(isWrong ? [40] : []);
    }
    expect(peer.heardDigests.map(({ at }) => at)).toEqual([40, 40]);
  });

  it('is neither told nor judged where a Fetch has none', async () => {
    peer.imagesAreWrong = true;
    ours.transport.send(1, peer.at(), { ...fetchAt(1), imageDigest: undefined });
    peer.transport.reply((await peer.nthRequest(1)).token, fetchedTo(1));
    await until('the answer', () => ours.inbox.responses.length === 1);

    expect([peer.heardDigests, ours.wrongImages]).toEqual([[], []]);
  });
});

describe('a snapshot that is fetched', () => {
  const askAt = (position: number, maxBytes = 64 * 1024): FetchSnapshotRequest => ({ ...one(fetchSnapshotRequests), position, maxBytes });
  const chunk = (position: number, bytes: Uint8Array, size: number): FetchSnapshotResponse => ({ ...one(fetchSnapshotResponses), error: 'NONE', position, bytes, size });

  it('comes piece by piece over one stream, however large it is', async () => {
    const content = Uint8Array.from({ length: 3 * 1024 * 1024 + 17 }, (_, i) => (i * 31) & 0xff);
    const received: Uint8Array[] = [];
    for (let position = 0, n = 1; position < content.length; n++) {
      ours.transport.send(n, peer.at(), askAt(position, 1024 * 1024));
      const { token, request } = await peer.nthRequest(n);
      const { maxBytes } = request as FetchSnapshotRequest;
      peer.transport.reply(token, chunk(position, content.subarray(position, position + maxBytes), content.length));
      const { response } = await until('the piece', () => ours.inbox.responses[n - 1]);
      received.push(Uint8Array.from((response as FetchSnapshotResponse).bytes));
      position += received.at(-1)!.length;
    }

    expect(Buffer.concat(received).equals(Buffer.from(content))).toBe(true);
    expect(received).toHaveLength(4);
    expect(peer.server.calls).toBe(1);
    expect(ours.inbox.events).toEqual([]);
  });

  it('is handed out in pieces of the configured size at most, whatever is asked for', async () => {
    ours.transport.send(1, peer.at(), askAt(0, 2 ** 32 - 1));

    expect((await peer.nthRequest(1)).request).toMatchObject({ maxBytes: 1024 * 1024 });
  });

  it('tells a broken connection as a Fetch does: lost, then the request as failed', async () => {
    const wire = await wireTo(peer);
    ours.transport.send(1, peer.at(wire.port), askAt(5));
    await peer.nthRequest(1);

    await wire.kill();

    await until('two events', () => ours.inbox.events.length === 2);
    expect(ours.inbox.events).toEqual(['connection to 2 lost', 'request 1 to 2 failed: unavailable']);
  });

  it('is asked for again at the same place when a redial succeeds', async () => {
    const wire = await wireTo(peer);
    ours.transport.send(1, peer.at(wire.port), askAt(5));
    const first = await peer.nthRequest(1);

    wire.cut();

    expect((await peer.nthRequest(2)).request).toEqual(first.request);
    expect(ours.inbox.events).toEqual([]);
  });

  it('is refused with RESOURCE_EXHAUSTED to a peer that asks for piece after piece and waits for none', async () => {
    const client = new RaftServiceClient(target({ host: '127.0.0.1', port: peer.port }), credentials.createInsecure());
    cleanUp.push(() => client.close());
    const stream = client.fetchSnapshot();
    stream.on('error', () => undefined);
    const over = endOf(stream);
    for (let correlationId = 1; correlationId <= 10; correlationId++) stream.write({ correlationId, query: fetchSnapshotRequestToWire(askAt(0)) });

    expect((await over).code).toBe(status.RESOURCE_EXHAUSTED);
    expect(peer.inbox.requests.length).toBeLessThanOrEqual(4);
  });

  it('is refused with RESOURCE_EXHAUSTED beyond 256 streams, and a place is free again when one ends', async () => {
    const client = new RaftServiceClient(target({ host: '127.0.0.1', port: peer.port }), credentials.createInsecure());
    cleanUp.push(() => client.close());
    const open = () => {
      const stream = client.fetchSnapshot();
      stream.on('error', () => undefined);
      return stream;
    };
    const streams = Array.from({ length: 256 }, open);
    await until('all streams', () => peer.server.calls === 256);

    expect((await endOf(open())).code).toBe(status.RESOURCE_EXHAUSTED);

    streams[0]!.end();
    await until('a free place', () => peer.server.calls === 255);
    open().write({ correlationId: 1, query: fetchSnapshotRequestToWire(askAt(0)) });
    await peer.nthRequest(1);
  });
});

describe('peers that change', () => {
  it('keep the connection that is fetched over, until another is: a leader that is removed leads on', async () => {
    ours.transport.setPeers([peer.at()]);
    ours.transport.send(1, peer.at(), fetchAt(1));
    const parked = await peer.nthRequest(1);

    ours.transport.setPeers([]);
    peer.transport.reply(parked.token, fetchedTo(1));

    await until('the answer', () => ours.inbox.responses.length === 1);
    expect(ours.inbox.events).toEqual([]);
  });

  it('are asked who they are at an address of their own, which becomes no one else\'s', async () => {
    const other = await started(2);
    ours.transport.setPeers([peer.at()]);
    ours.transport.send(1, other.at(), one(describeRequests));
    const probe = await other.nthRequest(1);
    other.transport.reply(probe.token, one(describeResponses));
    await until('the answer', () => ours.inbox.responses.length === 1);

    ours.transport.send(2, peer.at(), vote);

    expect((await peer.nthRequest(1)).request.kind).toBe('vote');
  });

  it('that nobody reaches are told as unavailable', async () => {
    ours.transport.send(1, endpointsOf(9, 1), one(describeRequests));

    await until('the failure', () => ours.inbox.events.length === 1);
    expect(ours.inbox.events).toEqual(['request 1 to 9 failed: unavailable']);
  });
});

describe('a connection that breaks', () => {
  it('is told as lost, then its requests as failed, well before silence would be noticed', async () => {
    const wire = await wireTo(peer);
    for (const n of [1, 2]) ours.transport.send(n, peer.at(wire.port), fetchAt(n));
    await peer.nthRequest(2);

    const cutMs = performance.now();
    await wire.kill();

    await until('three events', () => ours.inbox.events.length === 3);
    expect(ours.inbox.events).toEqual(['connection to 2 lost', 'request 1 to 2 failed: unavailable', 'request 2 to 2 failed: unavailable']);
    expect(ours.inbox.eventTimesMs[2]! - cutMs).toBeLessThan(SOON_MS);
  });

  it('is told as lost when the peer process is killed', async () => {
    const child = spawn(process.execPath, [fileURLToPath(new URL('../../test/parked-peer.mjs', import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'] });
    cleanUp.push(() => child.kill('SIGKILL'));
    const lines = createInterface({ input: child.stdout });
    const [announced] = (await once(lines, 'line')) as [string];
    const fetching = once(lines, 'line');
    ours.transport.send(1, endpointsOf(9, Number(announced.replace('port ', ''))), fetchAt(1));
    await fetching;

    const killedMs = performance.now();
    child.kill('SIGKILL');

    await until('two events', () => ours.inbox.events.length === 2);
    expect(ours.inbox.events).toEqual(['connection to 9 lost', 'request 1 to 9 failed: unavailable']);
    expect(ours.inbox.eventTimesMs[1]! - killedMs).toBeLessThan(SOON_MS);
  });

  it('is nobody\'s loss when one redial succeeds: what was parked is sent again', async () => {
    const wire = await wireTo(peer);
    ours.transport.send(1, peer.at(wire.port), fetchAt(5));
    const first = await peer.nthRequest(1);

    wire.cut();

    const second = await peer.nthRequest(2);
    expect(second.request).toEqual(first.request);
    await until('the first to be forgotten', () => peer.inbox.cancelled.includes(first.token));
    peer.transport.reply(first.token, fetchedTo(99));
    peer.transport.reply(second.token, fetchedTo(6));
    const answered = await until('the answer', () => ours.inbox.responses[0]);
    expect(answered).toMatchObject({ requestId: 1, response: { highWatermark: 6 } });
    expect(ours.inbox.events).toEqual([]);
    expect(ours.inbox.responses).toHaveLength(1);
  });

  it('fails a fetch that broke twice, though the peer is there', async () => {
    const wire = await wireTo(peer);
    ours.transport.send(1, peer.at(wire.port), fetchAt(5));
    await peer.nthRequest(1);
    wire.cut();
    await peer.nthRequest(2);

    wire.cut();

    await until('an event', () => ours.inbox.events.length > 0);
    expect(ours.inbox.events).toEqual(['request 1 to 2 failed: unavailable']);
  });

  it('is lost when the redial is accepted by nobody in 20 ms', async () => {
    const wire = await wireTo(peer);
    ours.transport.send(1, peer.at(wire.port), fetchAt(5));
    await peer.nthRequest(1);

    const cutMs = performance.now();
    wire.mode = 'swallow';
    wire.cut();

    await until('two events', () => ours.inbox.events.length === 2);
    expect(ours.inbox.events).toEqual(['connection to 2 lost', 'request 1 to 2 failed: unavailable']);
    expect(ours.inbox.eventTimesMs[0]! - cutMs).toBeGreaterThanOrEqual(19);
    expect(ours.inbox.eventTimesMs[0]! - cutMs).toBeLessThan(SOON_MS);
  });

  it('takes fetches that come during the redial along', async () => {
    const wire = await wireTo(peer);
    ours.transport.send(1, peer.at(wire.port), fetchAt(5));
    await peer.nthRequest(1);
    wire.mode = 'swallow';
    wire.cut();
    await until('the redial', () => wire.dials.length === 2);

    ours.transport.send(2, peer.at(wire.port), fetchAt(6));

    await until('three events', () => ours.inbox.events.length === 3);
    expect(ours.inbox.events).toContain('request 2 to 2 failed: unavailable');
  });

  it('is dialled again every 50 to 500 ms, and used as soon as the peer is back', async () => {
    const wire = await wireTo(peer);
    ours.transport.setPeers([peer.at(wire.port)]);
    await until('a warm connection', () => wire.connections === 1);

    wire.mode = 'slam';
    wire.dials.length = 0;
    wire.cut();
    await until('seven dials', () => wire.dials.length === 7);
    const gaps = wire.dials.slice(1).map((at, index) => at - wire.dials[index]!);
    // grpc-js waits a random fifth more or less; its own defaults begin at 1 s and grow.
    for (const gap of gaps.slice(1)) expect(gap).toBeGreaterThan(35);
    expect(Math.max(...gaps)).toBeLessThan(900);
    expect(gaps.at(-1)).toBeGreaterThan(250);

    wire.mode = 'pass';
    const backMs = performance.now();
    let tries = 0;
    await until('a vote to get through', () => {
      ours.transport.send(++tries, peer.at(wire.port), vote);
      return peer.inbox.requests[0];
    });
    expect(performance.now() - backMs).toBeLessThan(1500);
    expect(ours.inbox.events).not.toContain('connection to 2 lost');
  });

  it('is dialled at once when the peer itself speaks, whatever the back-off', async () => {
    const wire = await wireTo(peer);
    wire.mode = 'slam';
    ours.transport.setPeers([peer.at(wire.port)]);
    // By now more than 300 ms lie between two dials.
    await until('seven dials', () => wire.dials.length === 7);
    wire.mode = 'pass';

    peer.transport.send(1, ours.at(), { ...vote, candidate: { ...vote.candidate, id: peer.id } });
    const { request } = await ours.nthRequest(1);
    const heardMs = performance.now();

    expect(request).toMatchObject({ candidate: { id: peer.id } });
    await until('the dial', () => wire.dials.length === 8);
    expect(wire.dials[7]! - heardMs).toBeLessThan(150);
  });

  it('is looked for once more when a fetch finds it in a back-off', async () => {
    const wire = await wireTo(peer);
    wire.mode = 'slam';
    ours.transport.setPeers([peer.at(wire.port)]);
    await until('seven dials', () => wire.dials.length === 7);
    wire.mode = 'pass';

    ours.transport.send(1, peer.at(wire.port), fetchAt(5));

    await peer.nthRequest(1);
    expect(ours.inbox.events).toEqual([]);
  });

  it('fails a request to a peer that is down at once', async () => {
    const wire = await wireTo(peer);
    await wire.kill();
    ours.transport.setPeers([peer.at(wire.port)]);

    const sentMs = performance.now();
    ours.transport.send(1, peer.at(wire.port), vote);
    ours.transport.send(2, peer.at(wire.port), fetchAt(1));

    await until('three events', () => ours.inbox.events.length === 3);
    expect(ours.inbox.events).toContain('request 1 to 2 failed: unavailable');
    expect(ours.inbox.events).toContain('request 2 to 2 failed: unavailable');
    expect(Math.max(...ours.inbox.eventTimesMs) - sentMs).toBeLessThan(SOON_MS);
  });

  it('is not lost when the peer ends the stream in order: the fetch goes out on another', async () => {
    const streams: StreamPair<WireFetch, WireFetched>[] = [];
    const received: number[] = [];
    const server = new RpcServer({ limits: CONTROLLER_LIMITS, finished: () => undefined });
    server.add(RaftServiceService, {
      ...peer.transport.handlers(),
      fetch: (stream) => {
        streams.push(stream);
        stream.onMessage(({ correlationId }) => received.push(correlationId));
      },
    });
    const port = await server.listen('127.0.0.1', 0);
    cleanUp.push(() => server.stop(0));
    ours.transport.send(1, endpointsOf(7, port), fetchAt(1));
    await until('the fetch', () => received.length === 1);

    streams[0]!.end();

    await until('the fetch again', () => received.length === 2);
    expect(received[1]).toBe(received[0]);
    expect(streams).toHaveLength(2);
    expect(ours.inbox.events).toEqual([]);
  });
});

describe('checking a connection', () => {
  it('says up for a living peer and lost for a dead one', async () => {
    const wire = await wireTo(peer);
    ours.transport.checkConnection(peer.at(wire.port));
    await until('an answer', () => ours.inbox.events.length === 1);
    await wire.kill();
    ours.transport.checkConnection(peer.at(wire.port));
    await until('an answer', () => ours.inbox.events.length === 2);

    expect(ours.inbox.events).toEqual(['connection to 2 up', 'connection to 2 lost']);
  });

  it('says lost for a node whose address nobody knows', () => {
    ours.transport.checkConnection({ id: peer.id, endpoints: [] });
    ours.transport.send(1, { id: peer.id, endpoints: [] }, vote);

    expect(ours.inbox.events).toEqual(['connection to 2 lost', 'request 1 to 2 failed: unavailable']);
  });
});

describe('an address that speaks no Raft', () => {
  it('is unsupported when it speaks gRPC, and never a lost connection', async () => {
    const server = new RpcServer({ limits: CONTROLLER_LIMITS, finished: () => undefined });
    server.addHealthAndReflection(new Health());
    const port = await server.listen('127.0.0.1', 0);
    cleanUp.push(() => server.stop(0));

    ours.transport.send(1, endpointsOf(8, port), vote);
    ours.transport.send(2, endpointsOf(8, port), fetchAt(1));

    await until('two events', () => ours.inbox.events.length === 2);
    expect([...ours.inbox.events].sort()).toEqual(['request 1 to 8 failed: unsupported', 'request 2 to 8 failed: unsupported']);
  });

  it('is unavailable when it is a web server', async () => {
    const web = createHttpServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
    cleanUp.push(() => web.close());
    await once(web, 'listening');

    ours.transport.send(1, endpointsOf(8, (web.address() as AddressInfo).port), vote);

    await until('an event', () => ours.inbox.events.length === 1);
    expect(ours.inbox.events).toEqual(['request 1 to 8 failed: unavailable']);
  });

  it('times out when it says nothing at all', async () => {
    const impatient = await started(4, 100);
    const wire = await wireTo(peer);
    wire.mode = 'swallow';

    impatient.transport.send(1, endpointsOf(8, wire.port), vote);

    await until('an event', () => impatient.inbox.events.length === 1);
    expect(impatient.inbox.events).toEqual(['request 1 to 8 failed: timed-out']);
  });
});

describe('opening and closing', () => {
  it('delivers nothing before it is open; the caller is told to try again', async () => {
    const late = new RaftPeer(5);
    await late.listen();
    cleanUp.push(() => late.stop());

    ours.transport.send(1, late.at(), vote);
    ours.transport.send(2, late.at(), fetchAt(1));
    await until('two events', () => ours.inbox.events.length === 2);
    late.transport.open(late.inbox);
    ours.transport.send(3, late.at(), vote);
    await late.nthRequest(1);

    expect([...ours.inbox.events].sort()).toEqual(['request 1 to 5 failed: unavailable', 'request 2 to 5 failed: unavailable']);
    expect(late.inbox.requests).toHaveLength(1);
  });

  it('delivers nothing after it is closed, neither answers nor failures nor requests', async () => {
    ours.transport.send(1, peer.at(), fetchAt(1));
    ours.transport.send(2, peer.at(), vote);
    await peer.nthRequest(2);
    peer.transport.send(3, ours.at(), vote);
    await ours.nthRequest(1);

    ours.transport.close();
    for (const { token, request } of peer.inbox.requests) peer.transport.reply(token, request.kind === 'vote' ? one(voteResponses) : fetchedTo(1));
    ours.transport.reply(ours.inbox.requests[0]!.token, one(voteResponses));
    peer.transport.send(4, ours.at(), vote);
    await until('the refusal', () => peer.inbox.events.some((event) => event.startsWith('request 4')));

    expect(peer.inbox.events).toContain('request 4 to 1 failed: unavailable');
    expect(ours.inbox.events).toEqual([]);
    expect(ours.inbox.responses).toEqual([]);
    expect(ours.inbox.requests).toHaveLength(1);
  });

  it('fails a request of a peer that was waiting when it closed', async () => {
    peer.transport.send(3, ours.at(), vote);
    await ours.nthRequest(1);

    ours.transport.close();

    await until('the failure', () => peer.inbox.events.length > 0, 2000);
    expect(peer.inbox.events).toEqual(['request 3 to 1 failed: unavailable']);
  });

  it('tells a parked fetch as cancelled when its asker goes away', async () => {
    ours.transport.send(1, peer.at(), fetchAt(1));
    const { token } = await peer.nthRequest(1);

    ours.transport.close();

    await until('the cancellation', () => peer.inbox.cancelled.includes(token));
  });

  it('connects to nobody any more once it is closed', async () => {
    const wire = await wireTo(peer);
    ours.transport.close();

    ours.transport.setPeers([peer.at(wire.port)]);
    ours.transport.send(1, peer.at(wire.port), vote);
    ours.transport.checkConnection(peer.at(wire.port));

    const other = await started(6);
    other.transport.send(1, peer.at(wire.port), vote);
    await peer.nthRequest(1);
    expect(wire.dials).toHaveLength(1);
    expect(ours.inbox.events).toEqual([]);
  });

  it('moves to the address that a peer has now', async () => {
    const moved = await started(2);
    ours.transport.setPeers([peer.at()]);
    ours.transport.setPeers([moved.at()]);

    ours.transport.send(1, moved.at(), vote);

    await moved.nthRequest(1);
    expect(peer.inbox.requests).toEqual([]);
  });

  it('hangs up on a peer that is none any more', async () => {
    const wire = await wireTo(peer);
    ours.transport.setPeers([peer.at(wire.port)]);
    await until('a warm connection', () => wire.connections === 1);

    ours.transport.setPeers([]);

    await until('the end of the connection', () => wire.connections === 0);
  });
});

describe('a peer that is broken or hostile', () => {
  const client = (): RaftServiceClient => {
    const made = new RaftServiceClient(target({ host: '127.0.0.1', port: ours.port }), credentials.createInsecure());
    cleanUp.push(() => made.close());
    return made;
  };

  it('is refused with the field that it sent wrong, and nothing is delivered', async () => {
    const error = await new Promise<ServiceError | null>((resolve) => client().vote({ ...voteRequestToWire(vote), endOffset: -5 }, resolve));

    expect(errorFromStatus(error!)).toMatchObject({ reason: 'INVALID_REQUEST', fields: [{ field: 'end_offset', description: 'must be an integer of 0 or more, got -5' }] });
    expect(error?.code).toBe(status.INVALID_ARGUMENT);
    expect(ours.inbox.requests).toEqual([]);
  });

  it('loses its stream when a fetch cannot be read', async () => {
    const stream = client().fetch();
    stream.on('error', () => undefined).on('data', () => undefined);
    const over = new Promise<StatusObject>((resolve) => void stream.on('status', resolve));

    stream.write({ correlationId: 1, query: undefined });

    const ended = await over;
    expect(ended.code).toBe(status.INVALID_ARGUMENT);
    expect(errorFromStatus(ended).fields).toEqual([{ field: 'query', description: 'is missing' }]);
  });

  it('loses its stream when it asks more and more without waiting for answers', async () => {
    for (let n = 1; n <= 65; n++) ours.transport.send(n, peer.at(), fetchAt(n));

    await until('65 failures', () => ours.inbox.events.length === 65);
    expect(ours.inbox.events.every((event) => event.endsWith('unavailable'))).toBe(true);
    expect(ours.problems).toEqual([expect.stringContaining('64 fetches of this stream wait for an answer')]);
    expect(peer.inbox.requests).toHaveLength(64);
    await until('all to be forgotten', () => peer.inbox.cancelled.length === 64);
  });
});
