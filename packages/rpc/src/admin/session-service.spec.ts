import { describe, expect, it } from 'vitest';
import type { SessionWrite, WriteRequest, WriteResponse } from '@quorate/records/gen/quorate/admin/v1/session';
import { call, PairOf } from '../../test/call.js';
import { until } from '../../test/until.js';
import { errorFromStatusProto } from '../error-from-status.js';
import { RpcFailure } from '../rpc-failure.js';
import type { AdminWriter, AnswerBody } from './admin-write.js';
import { sessionServiceHandlers } from './session-service.js';

/** Answers when the test says so. */
class SlowWriter implements AdminWriter {
  readonly waiting: { readonly deadlineMs: number; readonly resolve: (answer: never) => void; readonly reject: (error: RpcFailure) => void }[] = [];

  write(_body: unknown, { deadlineMs }: { readonly deadlineMs: number }): Promise<never> {
    return new Promise((resolve, reject) => this.waiting.push({ deadlineMs, resolve, reject }));
  }

  answer(index: number, offset: number): void {
    const answer: AnswerBody = { $case: 'createTopics', value: { topics: [], offset } };
    this.waiting[index]?.resolve(answer as never);
  }
}

const write = (id: number, wrong: Partial<SessionWrite> = {}): SessionWrite => ({
  id,
  timeoutMs: 0,
  write: { $case: 'createTopics', value: { topics: [{ name: `t${id}`, partitionCount: 1, replicationFactor: 1, assignments: [], configs: [] }], validateOnly: false, atomic: false, requestId: '' } },
  ...wrong,
});

function session() {
  const writer = new SlowWriter();
  const stream = new PairOf<WriteRequest, WriteResponse>();
  let stop: () => void = () => undefined;
  sessionServiceHandlers(writer).write(stream, { ...call(), onStopping: (listener) => (stop = listener) });
  const answers = () => stream.sent.flatMap((message) => message.answers);
  return { writer, stream, answers, stop: () => stop() };
}

describe('a session of writes', () => {
  it('answers each write under its id, in the order in which answers come', async () => {
    const { writer, stream, answers } = session();
    stream.push({ writes: [write(7), write(8)] });

    writer.answer(1, 20);
    await until('the first answer', () => answers().length === 1);
    writer.answer(0, 10);
    await until('both answers', () => answers().length === 2);

    expect(answers().map(({ id, answer }) => [id, answer?.$case === 'createTopics' ? answer.value.offset : undefined])).toEqual([[8, 20], [7, 10]]);
  });

  it('sends answers of one moment in one message', async () => {
    const { writer, stream, answers } = session();
    stream.push({ writes: [write(1), write(2), write(3)] });

    for (const index of [0, 1, 2]) writer.answer(index, 5);
    await until('all answers', () => answers().length === 3);

    expect(stream.sent).toHaveLength(1);
  });

  it('answers a write that fails with the status that a call would have had, and goes on', async () => {
    const { writer, stream, answers } = session();
    stream.push({ writes: [write(1), write(2, { write: undefined }), write(3)] });

    writer.waiting[0]?.reject(new RpcFailure({ reason: 'LEADER_NOT_AVAILABLE', message: 'nobody leads', retryAfterMs: 50 }));
    writer.answer(1, 5);
    await until('all answers', () => answers().length === 3);

    const failures = answers().flatMap(({ id, answer }) => (answer?.$case === 'failure' ? [{ id, failure: errorFromStatusProto(answer.value) }] : []));
    expect(failures.find(({ id }) => id === 1)?.failure).toMatchObject({ reason: 'LEADER_NOT_AVAILABLE', retryAfterMs: 50 });
    expect(failures.find(({ id }) => id === 2)?.failure.fields[0]?.field).toBe('writes.write');
    expect(answers().find(({ id }) => id === 3)?.answer?.$case).toBe('createTopics');
  });

  it('ends after the last answer when the caller sends no more', async () => {
    const { writer, stream } = session();
    stream.push({ writes: [write(1)] });
    stream.finish();
    expect(stream.isOver).toBe(false);

    writer.answer(0, 5);
    await until('the end', () => stream.isOver);

    expect(stream.sent).toHaveLength(1);
    expect(stream.endedWith).toBeUndefined();
  });

  it('finishes what it has taken when the server stops, and takes nothing more', async () => {
    const { writer, stream, stop } = session();
    stream.push({ writes: [write(1)] });

    stop();
    expect(stream.isPaused).toBe(true);
    writer.answer(0, 5);
    await until('the end', () => stream.isOver);

    expect(stream.sent).toHaveLength(1);
  });

  it('stops reading while too many writes wait, and goes on when they are answered', async () => {
    const { writer, stream } = session();
    stream.push({ writes: Array.from({ length: 4096 }, (_, index) => write(index)) });
    expect(stream.isPaused).toBe(true);

    for (let index = 0; index < 3000; index++) writer.answer(index, 5);
    await until('reading to go on', () => !stream.isPaused);
  });

  it('takes the time limit of each write, and 30 s where it has none', () => {
    const { writer, stream } = session();
    const nowMs = performance.now();

    stream.push({ writes: [write(1, { timeoutMs: 500 }), write(2)] });

    expect(writer.waiting[0]!.deadlineMs - nowMs).toBeLessThan(700);
    expect(writer.waiting[1]!.deadlineMs - nowMs).toBeGreaterThan(29_000);
  });
});
