import { isRequestId } from '@quorate/controller-node';
import type { AdminAnswer, AdminWrite, SubmitRequest, SubmitResponse } from '@quorate/records/gen/quorate/controller/v1/controller';
import { answerFromReply } from '../admin/answer-from-reply.js';
import { commandFromWrite } from '../admin/command-from-write.js';
import { DEFAULT_DEADLINE_MS } from '../limits.js';
import { invalidRequest } from '../rpc-failure.js';
import type { CallContext } from '../server/call-context.js';
import type { StreamPair } from '../server/handlers.js';
import { statusProtoFromError } from '../status-from-error.js';
import type { LeaderBoard } from './leader-view.js';
import type { CommandTaker } from './local-writer.js';
import { committedOrThrow } from './outcome.js';

/** Writes of one stream that wait for an answer before the stream is no longer read: the caller is held back, not refused. */
const MAX_WAITING = 4096;

/**
 * Admin writes over one stream. Every write is answered under its request id; the answers that one commit releases go out
 * as one message.
 */
export function serveSubmit(stream: StreamPair<SubmitRequest, SubmitResponse>, context: Pick<CallContext, 'onStopping'>, { controller, leader }: { readonly controller: CommandTaker; readonly leader: LeaderBoard }): void {
  let waiting = 0;
  let ended = false;
  let isPaused = false;
  let answers: AdminAnswer[] = [];

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

  const answer = (requestId: Uint8Array, body: NonNullable<AdminAnswer['answer']>): void => {
    waiting -= 1;
    // All that a commit releases is released in one go: one message for it.
    if (answers.push({ requestId, answer: body }) === 1) queueMicrotask(flush);
  };

  const take = (write: AdminWrite): void => {
    waiting += 1;
    const fail = (error: unknown): void => answer(write.requestId, { $case: 'failure', value: statusProtoFromError(error) });
    try {
      if (!isRequestId(write.requestId)) throw invalidRequest([{ field: 'writes.request_id', description: 'must be a UUIDv7 of 16 bytes' }]);
      if (write.write === undefined) throw invalidRequest([{ field: 'writes.write', description: 'must be one of the writes that this server knows' }]);
      const deadlineMs = performance.now() + (write.timeoutMs === 0 ? DEFAULT_DEADLINE_MS : write.timeoutMs);
      controller.submit(commandFromWrite(write.write), { requestId: write.requestId, deadlineMs }, (outcome) => {
        try {
          const { reply, offset } = committedOrThrow(outcome, leader);
          answer(write.requestId, answerFromReply(reply, offset));
        } catch (error) {
          fail(error);
        }
      });
    } catch (error) {
      fail(error);
    }
  };

  stream.onMessage((message) => {
    for (const write of message.writes) take(write);
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
