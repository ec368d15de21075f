import { once } from 'node:events';
import { connect } from 'node:net';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { PlainClient, PlainService, type Said } from '../../test/plain-service.js';
import { until } from '../../test/until.js';
import { errorFromStatus } from '../error-from-status.js';
import { TopicServiceService } from '../gen/quorate/admin/v1/topic_service.js';
import { RaftServiceService } from '../gen/quorate/raft/v1/raft_service.js';
import { ADMIN_LIMITS, type ServerLimits } from '../limits.js';
import { invalidRequest, RpcFailure } from '../rpc-failure.js';
import type { CallContext, CallRecord } from './call-context.js';
import type { HandlersOf, StreamPair, StreamSink } from './handlers.js';
import { ListenError, RpcServer } from './rpc-server.js';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

/** A call that waits in the server for the test to end it. */
interface Held {
  readonly text: string;
  readonly context: CallContext;
  readonly answer: (text: string) => void;
  readonly fail: (error: unknown) => void;
}

async function serve(handlers: Partial<HandlersOf<typeof PlainService>> = {}, limits: Partial<ServerLimits> = {}) {
  const held: Held[] = [];
  const finished: CallRecord[] = [];
  const server = new RpcServer({ limits: { ...ADMIN_LIMITS, ...limits }, finished: (call) => finished.push(call) });
  server.add(PlainService, {
    say: (text, context) => new Promise((answer, fail) => held.push({ text, context, answer, fail })),
    list: (_text, sink) => sink.end(),
    talk: (stream) => stream.onEnd(() => stream.end()),
    ...handlers,
  });
  const port = await server.listen('127.0.0.1', 0);
  cleanUp.push(() => server.stop(0));
  const client = (): PlainClient => {
    const made = new PlainClient(port);
    cleanUp.push(() => made.close());
    return made;
  };
  return { server, port, held, finished, client };
}

const isPrompt = (said: Said, code: number): void => expect(said.status.code, said.status.details).toBe(code);

describe('a call', () => {
  it('is answered, and told once when it is over', async () => {
    const { server, finished, client } = await serve({ say: (text) => text.toUpperCase() });

    const said = await client().say('hello');

    expect(said.texts).toEqual(['HELLO']);
    expect(finished).toEqual([{ method: 'test.v1.Plain/Say', peer: expect.stringContaining('127.0.0.1'), code: 0, durationMs: expect.any(Number), error: undefined }]);
    expect(server.calls).toBe(0);
  });

  it('hands its deadline to the handler; one without a deadline has half a minute', async () => {
    const { held, client } = await serve();
    const caller = client();
    void caller.say('a', { deadlineMs: 5000 });
    void caller.say('b');
    await until('two calls', () => held.length === 2);

    const leftMs = (text: string): number => held.find((call) => call.text === text)!.context.deadlineMs - performance.now();
    expect(leftMs('a')).toBeGreaterThan(3000);
    expect(leftMs('a')).toBeLessThanOrEqual(5100);
    expect(leftMs('b')).toBeGreaterThan(25_000);
    expect(leftMs('b')).toBeLessThanOrEqual(30_000);
  });

  it('frees its place when the caller goes away, and its answer goes nowhere', async () => {
    const { server, held, finished, client } = await serve();
    const caller = new AbortController();
    const said = client().say('a', { signal: caller.signal });
    await until('the call', () => held.length === 1);

    caller.abort();

    await until('the end', () => finished.length === 1);
    expect(held[0]!.context.signal.aborted).toBe(true);
    expect(finished[0]).toMatchObject({ code: status.CANCELLED });
    expect(server.calls).toBe(0);
    held[0]!.answer('too late');
    isPrompt(await said, status.CANCELLED);
    expect(finished).toHaveLength(1);
  });

  it('is over for the server too when its deadline passes', async () => {
    const { server, held, finished, client } = await serve();

    const said = await client().say('a', { deadlineMs: 50 });

    isPrompt(said, status.DEADLINE_EXCEEDED);
    await until('the end', () => finished.length === 1);
    expect(held[0]!.context.signal.aborted).toBe(true);
    expect(server.calls).toBe(0);
  });
});

describe('a handler that fails', () => {
  const bug = (): never => {
    throw new TypeError('cannot read properties of undefined');
  };
  const refusal = (): never => {
    throw new RpcFailure({ reason: 'TOPIC_ALREADY_EXISTS', message: 'there is one', metadata: { topic: 'a' } });
  };

  it.each([
    ['throws', bug],
    ['rejects', () => Promise.resolve().then(bug)],
  ])('and %s by a bug is INTERNAL, without its text, and the server goes on', async (_how, fail) => {
    const { finished, client } = await serve({ say: (text) => (text === 'bad' ? fail() : text) });
    const caller = client();

    const said = await caller.say('bad');

    isPrompt(said, status.INTERNAL);
    expect(said.status.details).not.toContain('undefined');
    expect(finished[0]).toMatchObject({ code: status.INTERNAL, error: expect.any(TypeError) });
    expect((await caller.say('good')).texts).toEqual(['good']);
  });

  it.each<[string, Partial<HandlersOf<typeof PlainService>>, (client: PlainClient) => Promise<Said>]>([
    ['a single call', { say: refusal }, (client) => client.say('a')],
    ['a stream of answers', { list: refusal }, (client) => client.list('a')],
    ['a stream of answers, later', { list: (_text, sink) => void setImmediate(() => sink.end(new RpcFailure({ reason: 'TOPIC_ALREADY_EXISTS', message: 'there is one', metadata: { topic: 'a' } }))) }, (client) => client.list('a')],
    ['both streams, at the start', { talk: refusal }, (client) => client.talk().over],
    [
      'both streams, at a message',
      { talk: (stream) => stream.onMessage(refusal) },
      (client) => {
        const { call, over } = client.talk();
        call.write('a');
        return over;
      },
    ],
  ])('in %s says why', async (_kind, handlers, ask) => {
    const { server, finished, client } = await serve(handlers);

    const said = await ask(client());

    isPrompt(said, status.ALREADY_EXISTS);
    expect(errorFromStatus(said.status)).toMatchObject({ reason: 'TOPIC_ALREADY_EXISTS', message: 'there is one', metadata: { topic: 'a' } });
    await until('the end', () => finished.length === 1);
    expect(server.calls).toBe(0);
  });

  it('keeps what a stream had sent before', async () => {
    const { client } = await serve({
      list: (_text, sink) => {
        for (let n = 0; n < 20; n++) sink.send(String(n));
        sink.end(new RpcFailure({ reason: 'OUTCOME_UNKNOWN', message: 'm' }));
      },
    });

    const said = await client().list('a');

    expect(said.texts).toHaveLength(20);
    isPrompt(said, status.UNKNOWN);
  });

  it('can name ten thousand wrong fields without breaking the connection', async () => {
    const fields = Array.from({ length: 10_000 }, (_, index) => ({ field: `topics[${index}].name`, description: 'must not be empty' }));
    const { client } = await serve({ say: () => Promise.reject(invalidRequest(fields)) });

    const said = await client().say('a');

    isPrompt(said, status.INVALID_ARGUMENT);
    expect(errorFromStatus(said.status).fields[0]).toEqual(fields[0]);
  });
});

describe('a message that cannot be read', () => {
  /** Field 4 (at_least_offset) of ListTopicsRequest: 2^53. */
  const TOO_LARGE = Buffer.from([0x20, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]);
  const TRUNCATED = Buffer.from([0x0a, 0xff]);

  async function serveTopics() {
    const asked: unknown[] = [];
    const note = (request: unknown): never => {
      asked.push(request);
      throw new Error('not asked for');
    };
    const server = new RpcServer({ limits: ADMIN_LIMITS, finished: () => undefined });
    server.add(TopicServiceService, { createTopics: note, deleteTopics: note, createPartitions: note, describeTopics: note, listTopics: note });
    server.add(RaftServiceService, { vote: note, beginQuorumEpoch: note, endQuorumEpoch: note, fetch: (stream) => stream.onMessage(note), fetchSnapshot: note, addRaftVoter: note, removeRaftVoter: note, updateRaftVoter: note, describeQuorum: note });
    const client = new PlainClient(await server.listen('127.0.0.1', 0));
    cleanUp.push(() => server.stop(0), () => client.close());
    return { asked, client };
  }

  it.each([
    ['too large an integer', TOO_LARGE, 'at_least_offset', /must be within 2\^53 - 1 of 0, got 9007199254740992/],
    ['cut off', TRUNCATED, '(message)', /cannot be decoded/],
  ])('(%s) is INVALID_ARGUMENT with the field, and no handler sees it', async (_what, bytes, field, description) => {
    const { asked, client } = await serveTopics();

    const said = await client.say(bytes, { path: '/quorate.admin.v1.TopicService/ListTopics' });

    isPrompt(said, status.INVALID_ARGUMENT);
    expect(errorFromStatus(said.status).fields).toEqual([{ field, description: expect.stringMatching(description) }]);
    expect(asked).toEqual([]);
  });

  it('ends a stream in the same way', async () => {
    const { asked, client } = await serveTopics();
    const { call, over } = client.talk('/quorate.raft.v1.RaftService/Fetch');

    // query (2) with fetch_offset (5) = 2^53
    call.write(Buffer.concat([Buffer.from([0x12, 9, 0x28]), TOO_LARGE.subarray(1)]));

    const said = await over;
    isPrompt(said, status.INVALID_ARGUMENT);
    expect(errorFromStatus(said.status).fields).toMatchObject([{ field: 'query.fetch_offset' }]);
    expect(asked).toEqual([]);
  });

  it('for a method that is not served is UNIMPLEMENTED', async () => {
    const { client } = await serve();

    isPrompt(await client().say('a', { path: '/test.v1.Plain/Shout' }), status.UNIMPLEMENTED);
  });
});

describe('limits', () => {
  it('refuse a message above the size, in a call and in a stream, and the server goes on', async () => {
    const { client } = await serve({ say: (text) => String(text.length), talk: (stream) => stream.onMessage((text) => void stream.send(String(text.length))) }, { maxMessageBytes: 10_000 });
    const caller = client();
    const { call, heard, over } = caller.talk();

    expect((await caller.say('x'.repeat(10_000))).texts).toEqual(['10000']);
    isPrompt(await caller.say('x'.repeat(10_001)), status.RESOURCE_EXHAUSTED);
    call.write('x'.repeat(10_000));
    await until('an answer', () => heard.length === 1);
    call.write('x'.repeat(10_001));
    isPrompt(await over, status.RESOURCE_EXHAUSTED);
    expect((await caller.say('still there')).texts).toEqual(['11']);
  });

  it('refuse a call when as many are in work as may be, and take it when one is done', async () => {
    const { held, client } = await serve({}, { maxCalls: 2 });
    const caller = client();
    const [first] = [caller.say('a'), caller.say('b')];
    await until('two calls', () => held.length === 2);

    const refused = await caller.say('c');
    const refusedStream = await caller.talk().over;
    held[0]!.answer('done');
    await first;
    const taken = caller.say('d');
    await until('a third call', () => held.length === 3);
    held[2]!.answer('done');

    isPrompt(refused, status.RESOURCE_EXHAUSTED);
    expect(errorFromStatus(refused.status)).toMatchObject({ reason: 'LIMIT_EXCEEDED', retryAfterMs: 100 });
    isPrompt(refusedStream, status.RESOURCE_EXHAUSTED);
    expect((await taken).texts).toEqual(['done']);
  });

  it('hold back a call of a connection that has as many as it may', async () => {
    const { held, client } = await serve({}, { maxStreamsPerConnection: 2 });
    const caller = client();
    const calls = ['a', 'b', 'c'].map((text) => caller.say(text));
    await until('two calls', () => held.length === 2);
    const other = client().say('of another connection');
    await until('a third call', () => held.length === 3);
    expect(held.map(({ text }) => text).slice(0, 2)).toEqual(['a', 'b']);
    expect(held[2]!.text).toBe('of another connection');

    for (const call of held) call.answer('done');
    await until('the one held back', () => held.length === 4);
    held[3]!.answer('done');

    for (const said of [...(await Promise.all(calls)), await other]) expect(said.texts).toEqual(['done']);
  });

  it('close a connection that is one too many, and take another when one is gone', async () => {
    const { client } = await serve({ say: (text) => text }, { maxConnections: 1 });
    const first = client();
    expect((await first.say('a')).texts).toEqual(['a']);
    const second = client();

    isPrompt(await second.say('b'), status.UNAVAILABLE);
    first.close();

    let said: Said | undefined;
    for (const untilMs = performance.now() + 10_000; performance.now() < untilMs && said?.status.code !== status.OK; ) said = await second.say('c');
    expect(said?.texts).toEqual(['c']);
  });

  it('tell a stream that its caller reads too slowly, and when it reads again', async () => {
    const message = 'x'.repeat(64 * 1024);
    let sink: StreamSink<string> | undefined;
    const { client } = await serve({ say: (text) => text, talk: (stream) => void (sink = stream) });
    const { call, heard } = client().talk();
    call.pause();
    const stream = await until('the stream', () => sink);
    let sent = 0;
    const pump = (): void => {
      while (sent < 1000 && ((sent += 1), stream.send(message)));
    };
    stream.onDrain(pump);

    pump();
    // As long as the network takes more, it is sent; other calls show that time goes by.
    const other = client();
    for (let before = -1; before !== sent; ) {
      before = sent;
      for (let times = 0; times < 10; times++) await other.say('go on');
    }
    expect(sent).toBeLessThan(1000);
    call.resume();

    await until('all messages', () => heard.length === 1000);
  });
});

describe('stopping', () => {
  it('lets a call in work end, and takes no new one', async () => {
    const { server, port, held, client } = await serve();
    const caller = client();
    const said = caller.say('a');
    await until('the call', () => held.length === 1);

    const stopped = server.stop(10_000);
    const late = new PlainClient(port);
    cleanUp.push(() => late.close());
    isPrompt(await late.say('b'), status.UNAVAILABLE);
    held[0]!.answer('done');

    expect((await said).texts).toEqual(['done']);
    const begunMs = performance.now();
    await stopped;
    expect(performance.now() - begunMs).toBeLessThan(2000);
  });

  it('ends streams in order, so that none keeps it waiting', async () => {
    const pairs: StreamPair<string, string>[] = [];
    const { server, client } = await serve({ talk: (stream) => void pairs.push(stream), list: (_text, sink) => void sink.send('first') });
    const caller = client();
    const { over } = caller.talk();
    const listed = caller.list('a');
    await until('two streams', () => server.calls === 2);

    const begunMs = performance.now();
    await server.stop(10_000);

    expect(performance.now() - begunMs).toBeLessThan(2000);
    isPrompt(await over, status.OK);
    expect(await listed).toMatchObject({ texts: ['first'], status: { code: status.OK } });
  });

  it('leaves a stream that has something to finish its time', async () => {
    let finish: (() => void) | undefined;
    const { server, client } = await serve({
      talk: (stream, context) =>
        context.onStopping(() => {
          finish = () => {
            stream.send('the last word');
            stream.end();
          };
        }),
    });
    const { over } = client().talk();
    await until('the stream', () => server.calls === 1);

    const stopped = server.stop(10_000);
    (await until('the call to stop', () => finish))();
    await stopped;

    expect(await over).toMatchObject({ texts: ['the last word'], status: { code: status.OK } });
  });

  it('cuts what is left when its grace ends', async () => {
    const { server, held, client } = await serve();
    const said = client().say('a');
    await until('the call', () => held.length === 1);

    await server.stop(30);

    expect([status.UNAVAILABLE, status.CANCELLED]).toContain((await said).status.code);
    await until('the place to be free', () => server.calls === 0);
  });

  it('is not held up by somebody who connected and says nothing, or something else', async () => {
    const { server, port } = await serve();
    const silent = connect(port, '127.0.0.1');
    const confused = connect(port, '127.0.0.1');
    for (const socket of [silent, confused]) socket.on('error', () => undefined);
    await Promise.all([once(silent, 'connect'), once(confused, 'connect')]);
    confused.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(confused.resume(), 'close');

    await server.stop(100);

    if (!silent.closed) await once(silent.resume(), 'close');
  });
});

describe('listening', () => {
  it('says which address is taken', async () => {
    const { port } = await serve();
    const other = new RpcServer({ limits: ADMIN_LIMITS, finished: () => undefined });

    const error = await other.listen('127.0.0.1', port).then(
      () => undefined,
      (reason: unknown) => reason,
    );

    expect(error).toBeInstanceOf(ListenError);
    expect(error).toMatchObject({ code: 'EADDRINUSE', message: `cannot listen on 127.0.0.1:${port}: another process listens there` });
  });

  it('says which address is not ours', async () => {
    const other = new RpcServer({ limits: ADMIN_LIMITS, finished: () => undefined });

    await expect(other.listen('192.0.2.1', 0)).rejects.toThrow(/cannot listen on 192\.0\.2\.1:0/);
  });
});
