import { KAFKA_ERRORS } from '@quorate/records';
import type { ItemOutcome, KafkaErrorName } from '@quorate/records';
import type { ItemError } from './command.js';

export type { KafkaErrorName } from '@quorate/records';

/** Success, without a message. */
export const NO_ERROR: ItemError = { error: 'NONE', message: undefined };

/** An expected refusal: Kafka's name for it, and what happened in words, ids included. */
export function refusal(error: Exclude<KafkaErrorName, 'NONE'>, message: string): ItemError {
  return { error, message };
}

/** Whether it says more than "success". */
export function isRefusal(item: ItemError): boolean {
  return item.error !== 'NONE';
}

/** What the batch keeps of an item, so that a repeated request gets the same answer. */
export function outcomeOf(item: ItemError, topicId?: Uint8Array): ItemOutcome {
  const errorCode = KAFKA_ERRORS[item.error];
  return topicId === undefined ? { errorCode } : { errorCode, topicId };
}
