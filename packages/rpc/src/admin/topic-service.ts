import type { MetadataView, TopicRow } from '@quorate/metadata-image';
import { KAFKA_ERRORS, kafkaErrorMessage, type KafkaErrorName } from '@quorate/records';
import type { ItemError } from '@quorate/records/gen/quorate/admin/v1/common';
import type { DescribedTopic } from '@quorate/records/gen/quorate/admin/v1/topic';
import { FieldChecks } from '../field-checks.js';
import type { TopicServiceService } from '../gen/quorate/admin/v1/topic_service.js';
import { requestIdOrNew } from '../request-id.js';
import type { CallContext } from '../server/call-context.js';
import type { HandlersOf } from '../server/handlers.js';
import type { AdminWriter, AnswerTo, WriteBody } from './admin-write.js';
import { readTopicReference } from './command-from-write.js';
import { readAt, type ImageReader } from './image-reader.js';
import { configToWire, partitionsOf, summaryToWire, TOPIC_RESOURCE } from './rows-to-wire.js';
import type { TopicPages } from './topic-pages.js';

export interface TopicServiceOptions {
  readonly writer: AdminWriter;
  readonly reader: ImageReader;
  readonly pages: TopicPages;
}

/** Topics in one request of DescribeTopics. */
const MAX_DESCRIBED = 1000;

/** Topics: writes through the writer, reads from this process's own image. */
export function topicServiceHandlers({ writer, reader, pages }: TopicServiceOptions): HandlersOf<typeof TopicServiceService> {
  return {
    createTopics: async (request, context) => (await writeOnce(writer, { $case: 'createTopics', value: request }, context)).value,
    deleteTopics: async (request, context) => (await writeOnce(writer, { $case: 'deleteTopics', value: request }, context)).value,
    createPartitions: async (request, context) => (await writeOnce(writer, { $case: 'createPartitions', value: request }, context)).value,

    describeTopics: (request, context) => {
      const checks = new FieldChecks();
      checks.notEmpty('topics', request.topics);
      checks.atMost('topics', request.topics, MAX_DESCRIBED);
      checks.offset('at_least_offset', request.atLeastOffset);
      const asked = request.topics.map((topic, index) => readTopicReference(checks, `topics[${index}]`, topic));
      checks.done();
      return readAt(reader, request, context, (view) => ({
        topics: asked.map((reference) => describeTopic(view, reference)),
        servedAtOffset: view.appliedOffset,
      }));
    },

    listTopics: (request, context) => {
      const checks = new FieldChecks();
      checks.offset('at_least_offset', request.atLeastOffset);
      checks.done();
      return readAt(reader, request, context, (view) => {
        const { items, nextPageToken } = pages.page(view, request);
        return { topics: items.map(summaryToWire), nextPageToken, servedAtOffset: view.appliedOffset };
      });
    },
  };
}

/** One write under the caller's request id, or a new one that stays the same through every repetition. */
export function writeOnce<W extends WriteBody>(writer: AdminWriter, body: W, context: Pick<CallContext, 'deadlineMs'>): Promise<AnswerTo<W>> {
  const requestId = requestIdOrNew(body.value.requestId, Date.now());
  return writer.write(body, { requestId, deadlineMs: context.deadlineMs });
}

type Reference = ReturnType<typeof readTopicReference>;

export function findTopic(view: MetadataView, { name, topicId }: Reference): TopicRow | undefined {
  return topicId === undefined ? view.topicByName(name ?? '') : view.topicById(topicId);
}

function describeTopic(view: MetadataView, reference: Reference): DescribedTopic {
  const topic = findTopic(view, reference);
  if (topic === undefined) {
    const error = itemError(reference.topicId === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'UNKNOWN_TOPIC_ID');
    return { name: reference.name ?? '', topicId: reference.topicId ?? '', partitions: [], configs: [], error };
  }
  return {
    name: topic.name,
    topicId: topic.topicId,
    partitions: partitionsOf(view, topic),
    configs: configToWire(view, TOPIC_RESOURCE, topic.name),
    error: undefined,
  };
}

function itemError(name: KafkaErrorName): ItemError {
  return { code: KAFKA_ERRORS[name], name, message: kafkaErrorMessage(name) };
}
