import { FieldChecks } from '../field-checks.js';
import type { ClusterServiceService } from '../gen/quorate/admin/v1/cluster_service.js';
import type { HandlersOf } from '../server/handlers.js';
import type { AdminWriter } from './admin-write.js';
import { readAt, type ImageReader } from './image-reader.js';
import { keyAfter, pageOf, pageSize } from './paging.js';
import type { QuorumReader } from './quorum-reader.js';
import { brokerToWire, featuresToWire } from './rows-to-wire.js';
import { writeOnce } from './topic-service.js';

export interface ClusterServiceOptions {
  readonly writer: AdminWriter;
  readonly reader: ImageReader;
  readonly quorum: QuorumReader;
}

/** The cluster and its nodes. */
export function clusterServiceHandlers({ writer, reader, quorum }: ClusterServiceOptions): HandlersOf<typeof ClusterServiceService> {
  return {
    describeCluster: async (request, context) => {
      const checks = new FieldChecks();
      checks.offset('at_least_offset', request.atLeastOffset);
      checks.done();
      const { leaderId, leaderEpoch, voters } = await quorum.describe(context.deadlineMs);
      return readAt(reader, request, context, (view) => {
        const brokers = [...view.brokers()];
        const isActive = (broker: (typeof brokers)[number]): boolean => !broker.fenced && !broker.inControlledShutdown;
        return {
          clusterId: reader.clusterId,
          activeControllerId: leaderId,
          leaderEpoch,
          controllerIds: voters.map((voter) => voter.replicaId),
          activeBrokerIds: brokers.filter(isActive).map(({ id }) => id),
          inactiveBrokerIds: brokers.filter((broker) => !isActive(broker)).map(({ id }) => id),
          topicCount: view.topicCount,
          partitionCount: view.partitionCount,
          features: featuresToWire(view),
          servedAtOffset: view.appliedOffset,
        };
      });
    },
    listBrokers: (request, context) => listBrokers(reader, request, context),
    listControllers: async (_request, context) => ({ controllers: [...(await quorum.controllers(context.deadlineMs))] }),
    unregisterBroker: async (request, context) => (await writeOnce(writer, { $case: 'unregisterBroker', value: request }, context)).value,
  };
}

/** Brokers by id, page by page. Also what MetadataService answers. */
export function listBrokers(
  reader: ImageReader,
  request: { readonly pageSize: number; readonly pageToken: string; readonly atLeastOffset: number },
  context: { readonly deadlineMs: number },
) {
  const checks = new FieldChecks();
  checks.offset('at_least_offset', request.atLeastOffset);
  checks.done();
  const size = pageSize(request.pageSize);
  const after = keyAfter('brokers', request.pageToken);
  return readAt(reader, request, context, (view) => {
    const brokers = [...view.brokers()];
    const start = after === undefined ? 0 : brokers.findIndex(({ id }) => id > Number(after));
    const { items, nextPageToken } = pageOf('brokers', brokers, ({ id }) => String(id), { start: start === -1 ? brokers.length : start, end: brokers.length, size });
    return { brokers: items.map(brokerToWire), nextPageToken, servedAtOffset: view.appliedOffset };
  });
}
