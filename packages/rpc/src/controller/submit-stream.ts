import { isRequestId } from '@quorate/controller-node';
import type { AdminAnswer, AdminWrite, SubmitRequest, SubmitResponse } from '@quorate/records/gen/quorate/controller/v1/controller';
import { answerFromReply } from '../admin/answer-from-reply.js';
import { commandFromWrite } from '../admin/command-from-write.js';
import { DEFAULT_DEADLINE_MS } from '../limits.js';
import { invalidRequest } from '../rpc-failure.js';
import { serveAnswers } from '../server/answering-stream.js';
import type { CallContext } from '../server/call-context.js';
import type { StreamPair } from '../server/handlers.js';
import { statusProtoFromError } from '../status-from-error.js';
import type { LeaderBoard } from './leader-view.js';
import type { CommandTaker } from './local-writer.js';
import { committedOrThrow } from './outcome.js';

export interface SubmitParts {
  readonly controller: CommandTaker;
  readonly leader: LeaderBoard;
}

/**
 * Admin writes over one stream. Every write is answered under its request id; the answers that one commit releases go out
 * as one message.
 */
export function serveSubmit(stream: StreamPair<SubmitRequest, SubmitResponse>, context: Pick<CallContext, 'onStopping'>, parts: SubmitParts): void {
  serveAnswers<SubmitRequest, SubmitResponse, AdminWrite, AdminAnswer>(stream, context, {
    itemsOf: ({ writes }) => writes,
    take: (write, answer) => decide(write, parts, (body) => answer({ requestId: write.requestId, answer: body })),
    messageOf: (answers) => ({ answers: [...answers] }),
    // All that a commit releases is released in one go.
    soon: (flush) => queueMicrotask(flush),
  });
}

function decide({ requestId, timeoutMs, write }: AdminWrite, { controller, leader }: SubmitParts, answer: (body: NonNullable<AdminAnswer['answer']>) => void): void {
  const fail = (error: unknown): void => answer({ $case: 'failure', value: statusProtoFromError(error) });
  try {
    if (!isRequestId(requestId)) throw invalidRequest([{ field: 'writes.request_id', description: 'must be a UUIDv7 of 16 bytes' }]);
    if (write === undefined) throw invalidRequest([{ field: 'writes.write', description: 'must be one of the writes that this server knows' }]);
    const command = commandFromWrite(write);
    const deadlineMs = performance.now() + (timeoutMs === 0 ? DEFAULT_DEADLINE_MS : timeoutMs);
    controller.submit(command, { requestId, deadlineMs }, (outcome) => {
      let body: NonNullable<AdminAnswer['answer']>;
      try {
        const { reply, offset } = committedOrThrow(outcome, leader);
        body = answerFromReply(reply, offset);
      } catch (error) {
        return fail(error);
      }
      answer(body);
    });
  } catch (error) {
    fail(error);
  }
}
