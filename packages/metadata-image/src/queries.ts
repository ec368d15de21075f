import type { MetadataImage } from './image.js';
import type { TopicRow } from './view.js';

/** Which topics to list, in the order of their names. */
export interface TopicPage {
  /** The last name of the page before; empty for the first page. */
  readonly after: string;
  readonly limit: number;
}

/**
 * One page of topics in the order of their names. The first call in a process sorts all names, later ones cost what they
 * return. Pages are consistent only with the image as it is at each call.
 */
export function topicsSorted(image: MetadataImage, { after, limit }: TopicPage): TopicRow[] {
  const page: TopicRow[] = [];
  if (limit <= 0) return page;
  for (const topic of image.store.topics.sortedBeyond(after)) {
    page.push(topic);
    if (page.length === limit) break;
  }
  return page;
}

/** Counts of the whole cluster, Kafka's controller metrics among them. */
export interface ClusterCounts {
  readonly topics: number;
  readonly partitions: number;
  /** Without a leader. */
  readonly offlinePartitions: number;
  /** With fewer in-sync replicas than replicas. */
  readonly underReplicatedPartitions: number;
  /** With a leader other than the first replica, or none. */
  readonly preferredReplicaImbalance: number;
  readonly reassigningPartitions: number;
  readonly activeBrokers: number;
  readonly fencedBrokers: number;
  readonly brokersInControlledShutdown: number;
  readonly registeredControllers: number;
}

/** All kept up with each change but the brokers, which are few and counted. */
export function clusterCounts(image: MetadataImage): ClusterCounts {
  const brokers = image.brokers();
  const fenced = brokers.filter((broker) => broker.fenced).length;
  return {
    topics: image.topicCount,
    partitions: image.partitionCount,
    offlinePartitions: image.countWhere('withoutLeader'),
    underReplicatedPartitions: image.countWhere('underReplicated'),
    preferredReplicaImbalance: image.countWhere('notPreferredLeader'),
    reassigningPartitions: image.countWhere('reassigning'),
    activeBrokers: brokers.length - fenced,
    fencedBrokers: fenced,
    brokersInControlledShutdown: brokers.filter((broker) => broker.inControlledShutdown).length,
    registeredControllers: image.controllers().length,
  };
}
