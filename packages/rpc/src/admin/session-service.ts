import type { SessionAnswer, SessionWrite, WriteRequest, WriteResponse } from '@quorate/records/gen/quorate/admin/v1/session';
import type { SessionServiceService } from '../gen/quorate/admin/v1/session_service.js';
import { DEFAULT_DEADLINE_MS } from '../limits.js';
import { invalidRequest } from '../rpc-failure.js';
import type { CallContext } from '../server/call-context.js';
import type { HandlersOf, StreamPair } from '../server/handlers.js';
import { statusProtoFromError } from '../status-from-error.js';
import type { AdminWriter } from './admin-write.js';
import { writeOnce } from './topic-service.js';

/** Writes of one session that wait for an answer before the session is no longer read. */
const MAX_WAITING = 4096;

/** Writes over one stream, for SDKs and bulk work. */
export function sessionServiceHandlers(writer: AdminWriter): HandlersOf<typeof SessionServiceService> {
  return { write: (stream, context) => serveSession(stream, context, writer) };
}

function serveSession(stream: StreamPair<WriteRequest, WriteResponse>, context: Pick<CallContext, 'onStopping'>, writer: AdminWriter): void {
  let waiting = 0;
  let ended = false;
  let isPaused = false;
  let answers: SessionAnswer[] = [];

  const flush = (): void => {
    const batch = answers;
    answers = [];
    if (batch.length > 0) stream.send({ answers: batch });
    if (ended && waiting === 0) stream.end();
    if (isPaused && !ended && waiting < MAX_WAITING / 2) {
      isPaused = false;
      stream.resume();
    }
  };
  const answer = (id: number, body: NonNullable<SessionAnswer['answer']>): void => {
    waiting -= 1;
    if (answers.push({ id, answer: body }) === 1) setImmediate(flush);
  };
  const take = async ({ id, timeoutMs, write }: SessionWrite): Promise<void> => {
    waiting += 1;
    try {
      if (write === undefined) throw invalidRequest([{ field: 'writes.write', description: 'must be one of the writes that this server knows' }]);
      const deadlineMs = performance.now() + (timeoutMs === 0 ? DEFAULT_DEADLINE_MS : timeoutMs);
      answer(id, await writeOnce(writer, write, { deadlineMs }));
    } catch (error) {
      answer(id, { $case: 'failure', value: statusProtoFromError(error) });
    }
  };

  stream.onMessage((message) => {
    for (const write of message.writes) void take(write);
    if (waiting >= MAX_WAITING && !isPaused) {
      isPaused = true;
      stream.pause();
    }
  });
  const finish = (): void => {
    ended = true;
    stream.pause();
    flush();
  };
  stream.onEnd(finish);
  // What was taken is answered before the stream ends.
  context.onStopping(finish);
}
