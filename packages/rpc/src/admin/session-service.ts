import type { SessionAnswer, SessionWrite, WriteRequest, WriteResponse } from '@quorate/records/gen/quorate/admin/v1/session';
import type { SessionServiceService } from '../gen/quorate/admin/v1/session_service.js';
import { DEFAULT_DEADLINE_MS } from '../limits.js';
import { invalidRequest } from '../rpc-failure.js';
import { serveAnswers } from '../server/answering-stream.js';
import type { HandlersOf } from '../server/handlers.js';
import { statusProtoFromError } from '../status-from-error.js';
import type { AdminWriter } from './admin-write.js';
import { writeOnce } from './topic-service.js';

/** Writes over one stream, for SDKs and bulk work. */
export function sessionServiceHandlers(writer: AdminWriter): HandlersOf<typeof SessionServiceService> {
  return {
    write: (stream, context) =>
      serveAnswers<WriteRequest, WriteResponse, SessionWrite, SessionAnswer>(stream, context, {
        itemsOf: ({ writes }) => writes,
        take: (item, answer) => void decide(writer, item).then((body) => answer({ id: item.id, answer: body })),
        messageOf: (answers) => ({ answers: [...answers] }),
        // What one message of the active controller answered is told one promise at a time: wait for all of it.
        soon: (flush) => void setImmediate(flush),
      }),
  };
}

async function decide(writer: AdminWriter, { timeoutMs, write }: SessionWrite): Promise<NonNullable<SessionAnswer['answer']>> {
  try {
    if (write === undefined) throw invalidRequest([{ field: 'writes.write', description: 'must be one of the writes that this server knows' }]);
    const deadlineMs = performance.now() + (timeoutMs === 0 ? DEFAULT_DEADLINE_MS : timeoutMs);
    return await writeOnce(writer, write, { deadlineMs });
  } catch (error) {
    return { $case: 'failure', value: statusProtoFromError(error) };
  }
}
