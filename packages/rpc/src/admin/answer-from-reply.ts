import type { ItemError, Reply } from '@quorate/controller-core';
import { KAFKA_ERRORS, type Offset } from '@quorate/records';
import type { ItemError as WireItemError } from '@quorate/records/gen/quorate/admin/v1/common';
import { RpcFailure } from '../rpc-failure.js';
import type { AnswerBody } from './admin-write.js';

/**
 * The controller's reply as it travels back. A method about one thing fails as a whole; a batch answers item by item.
 *
 * @throws RpcFailure where a single-item method was refused.
 */
export function answerFromReply(reply: Reply, offset: Offset): AnswerBody {
  switch (reply.kind) {
    case 'createTopics':
      return {
        $case: 'createTopics',
        value: {
          offset,
          topics: reply.topics.map((topic) => ({
            name: topic.name,
            topicId: topic.topicId ?? '',
            partitionCount: topic.partitionCount ?? 0,
            replicationFactor: topic.replicationFactor ?? 0,
            error: itemErrorToWire(topic),
          })),
        },
      };
    case 'deleteTopics':
      return {
        $case: 'deleteTopics',
        value: { offset, topics: reply.topics.map((topic) => ({ name: topic.name ?? '', topicId: topic.topicId ?? '', error: itemErrorToWire(topic) })) },
      };
    case 'createPartitions':
      return { $case: 'createPartitions', value: { offset, topics: reply.topics.map((topic) => ({ name: topic.name, error: itemErrorToWire(topic) })) } };
    case 'unregisterBroker':
      throwIfRefused(reply);
      return { $case: 'unregisterBroker', value: { offset } };
    default:
      throw new Error(`a ${reply.kind} reply is no answer to an admin write`);
  }
}

/** Absent for success. */
export function itemErrorToWire({ error, message }: ItemError): WireItemError | undefined {
  return error === 'NONE' ? undefined : { code: KAFKA_ERRORS[error], name: error, message: message ?? '' };
}

/** @throws RpcFailure with Kafka's name as the reason. */
export function throwIfRefused({ error, message }: ItemError): void {
  if (error !== 'NONE') throw new RpcFailure({ reason: error, message: message ?? error });
}
