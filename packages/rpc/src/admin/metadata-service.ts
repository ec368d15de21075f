import { FieldChecks } from '../field-checks.js';
import type { MetadataServiceService } from '../gen/quorate/metadata/v1/metadata_service.js';
import { RpcFailure } from '../rpc-failure.js';
import type { HandlersOf } from '../server/handlers.js';
import { listBrokers } from './cluster-service.js';
import { readTopicReference } from './command-from-write.js';
import { readAt, type ImageReader } from './image-reader.js';
import { brokerToWire, configToWire, featuresToWire, partitionToWire, summaryToWire, topicToWire } from './rows-to-wire.js';
import type { TopicPages } from './topic-pages.js';
import { findTopic } from './topic-service.js';
import type { MetadataWatch } from './metadata-watch.js';

export interface MetadataServiceOptions {
  readonly reader: ImageReader;
  readonly pages: TopicPages;
  readonly watch: MetadataWatch;
}

/** Reads from this process's own image. */
export function metadataServiceHandlers({ reader, pages, watch }: MetadataServiceOptions): HandlersOf<typeof MetadataServiceService> {
  return {
    getTopic: (request, context) => {
      const reference = checkedTopic(request);
      return readAt(reader, request, context, (view) => {
        const topic = findTopic(view, reference);
        if (topic === undefined) throw unknownTopic(reference);
        return { topic: topicToWire(view, topic), servedAtOffset: view.appliedOffset };
      });
    },

    listTopics: (request, context) => {
      checkOffset(request);
      return readAt(reader, request, context, (view) => {
        const { items, nextPageToken } = pages.page(view, request);
        return { topics: items.map(summaryToWire), nextPageToken, servedAtOffset: view.appliedOffset };
      });
    },

    getPartition: (request, context) => {
      const reference = checkedTopic(request, request.partitionId);
      return readAt(reader, request, context, (view) => {
        const topic = findTopic(view, reference);
        if (topic === undefined) throw unknownTopic(reference);
        const row = view.partition(topic.topicId, request.partitionId);
        if (row === undefined) {
          throw new RpcFailure({ reason: 'UNKNOWN_TOPIC_OR_PARTITION', message: `topic ${topic.name} has ${topic.partitionCount} partitions, none is ${request.partitionId}` });
        }
        return { partition: partitionToWire(request.partitionId, row), servedAtOffset: view.appliedOffset };
      });
    },

    getBroker: (request, context) => {
      const checks = new FieldChecks();
      const brokerId = checks.nodeId('broker_id', request.brokerId);
      checks.offset('at_least_offset', request.atLeastOffset);
      checks.done();
      return readAt(reader, request, context, (view) => {
        const broker = view.broker(brokerId);
        if (broker === undefined) throw new RpcFailure({ reason: 'BROKER_ID_NOT_REGISTERED', message: `no broker has registered under id ${brokerId}` });
        return { broker: brokerToWire(broker), servedAtOffset: view.appliedOffset };
      });
    },

    listBrokers: (request, context) => listBrokers(reader, request, context),

    getConfig: (request, context) => {
      checkOffset(request);
      return readAt(reader, request, context, (view) => ({
        entries: configToWire(view, request.resourceType, request.resourceName),
        servedAtOffset: view.appliedOffset,
      }));
    },

    getFeatures: (request, context) => {
      checkOffset(request);
      return readAt(reader, request, context, (view) => ({ features: featuresToWire(view), servedAtOffset: view.appliedOffset }));
    },

    describeImage: (request, context) => {
      checkOffset(request);
      return readAt(reader, request, context, (view) => {
        const digest = reader.digest();
        return {
          nodeId: reader.nodeId,
          clusterId: reader.clusterId,
          servedAtOffset: view.appliedOffset,
          topicCount: view.topicCount,
          partitionCount: view.partitionCount,
          brokerCount: [...view.brokers()].length,
          digestVersion: digest.version,
          digest: Buffer.from(digest.value).toString('hex'),
          followPath: reader.followPath(),
          highWatermark: reader.highWatermark(),
        };
      });
    },

    watchMetadata: (request, sink, context) => watch.serve(request, sink, context),
  };
}

function checkOffset({ atLeastOffset }: { readonly atLeastOffset: number }): void {
  const checks = new FieldChecks();
  checks.offset('at_least_offset', atLeastOffset);
  checks.done();
}

function checkedTopic(request: { readonly topic?: { $case: 'name'; value: string } | { $case: 'topicId'; value: string } | undefined; readonly atLeastOffset: number }, partitionId = 0) {
  const checks = new FieldChecks();
  const reference = readTopicReference(checks, 'topic', { topic: request.topic }, '');
  if (partitionId < 0) checks.refuse('partition_id', `must be 0 or more, got ${partitionId}`);
  checks.offset('at_least_offset', request.atLeastOffset);
  checks.done();
  return reference;
}

function unknownTopic({ name, topicId }: { readonly name: string | undefined; readonly topicId: string | undefined }): RpcFailure {
  return topicId === undefined
    ? new RpcFailure({ reason: 'UNKNOWN_TOPIC_OR_PARTITION', message: `there is no topic ${name}` })
    : new RpcFailure({ reason: 'UNKNOWN_TOPIC_ID', message: `there is no topic with id ${topicId}` });
}
