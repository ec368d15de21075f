import type { Command, ItemError, Reply } from '@quorate/controller-core';
import type { MetadataView } from '@quorate/metadata-image';
import { kafkaErrorMessage, kafkaErrorName, uuidFromBytes } from '@quorate/records';
import type { ItemOutcome, Uuid } from '@quorate/records';

/**
 * The answer to a repeated request, made from the outcomes that its first copy left in the log. What the log does not say
 * (counts, a broker's epoch) is read from the image, and is absent when that no longer holds it.
 *
 * @returns undefined when the outcomes cannot belong to this command: the id was used for another one.
 */
export function replyFromOutcomes(command: Command, outcomes: readonly ItemOutcome[], image: MetadataView): Reply | undefined {
  switch (command.kind) {
    case 'createTopics':
      return zip(command.topics, outcomes, (topic, outcome) => ({ name: topic.name, ...created(outcome, image) }), (topics) => ({
        kind: 'createTopics',
        topics,
      }));
    case 'deleteTopics':
      return zip(command.topics, outcomes, (topic, outcome) => ({ ...errorOf(outcome), name: topic.name, topicId: topicIdOf(outcome) ?? topic.topicId }), (topics) => ({
        kind: 'deleteTopics',
        topics,
      }));
    case 'createPartitions':
      return zip(command.topics, outcomes, (topic, outcome) => ({ ...errorOf(outcome), name: topic.name }), (topics) => ({
        kind: 'createPartitions',
        topics,
      }));
    case 'unregisterBroker':
      return zip([command], outcomes, (_, outcome) => errorOf(outcome), ([error]) => ({ kind: 'unregisterBroker', ...error! }));
    case 'registerBroker': {
      const row = image.broker(command.brokerId);
      const brokerEpoch = row?.incarnationId === command.incarnationId ? row.epoch : undefined;
      return zip([command], outcomes, (_, outcome) => errorOf(outcome), ([error]) => ({ kind: 'registerBroker', ...error!, brokerEpoch }));
    }
    default:
      return undefined;
  }
}

function zip<I, O>(
  items: readonly I[],
  outcomes: readonly ItemOutcome[],
  one: (item: I, outcome: ItemOutcome) => O,
  all: (replies: readonly O[]) => Reply,
): Reply | undefined {
  if (items.length !== outcomes.length) return undefined;
  return all(items.map((item, index) => one(item, outcomes[index]!)));
}

function created(outcome: ItemOutcome, image: MetadataView) {
  const topicId = topicIdOf(outcome);
  const row = topicId === undefined ? undefined : image.topicById(topicId);
  return {
    ...errorOf(outcome),
    topicId,
    partitionCount: row?.partitionCount,
    replicationFactor: row === undefined ? undefined : image.partition(row.topicId, 0)?.replicas.length,
  };
}

function errorOf({ errorCode }: ItemOutcome): ItemError {
  const error = kafkaErrorName(errorCode) ?? 'UNKNOWN_SERVER_ERROR';
  return { error, message: error === 'NONE' ? undefined : kafkaErrorMessage(error) };
}

function topicIdOf({ topicId }: ItemOutcome): Uuid | undefined {
  return topicId === undefined ? undefined : uuidFromBytes(topicId);
}
