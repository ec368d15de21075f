import { randomBytes } from 'node:crypto';
import { Metadata } from '@grpc/grpc-js';
import type { TopicServiceClient, MetadataServiceClient } from '@quorate/rpc';
import type { CreateTopicsRequest, CreateTopicsResponse, ListTopicsResponse } from '@quorate/records/gen/quorate/admin/v1/topic';
import type { GetTopicResponse } from '@quorate/records/gen/quorate/metadata/v1/metadata';
import { call, deadline } from './calls.js';

export interface WantedTopic {
  readonly name: string;
  readonly partitionCount?: number;
  readonly replicationFactor?: number;
}

/** The request that creates one topic. */
export function newTopic({ name, partitionCount = 1, replicationFactor = 1 }: WantedTopic): CreateTopicsRequest {
  return { topics: [{ name, partitionCount, replicationFactor, assignments: [], configs: [] }], validateOnly: false, atomic: false, requestId: '' };
}

/** Creates one topic; returns the offset at which it committed. An item's error is thrown with Kafka's name. */
export async function createTopic(client: TopicServiceClient, topic: WantedTopic, withinMs = 15_000, metadata = new Metadata()): Promise<number> {
  const answer = await call<CreateTopicsResponse>((done) => client.createTopics(newTopic(topic), metadata, deadline(withinMs), done));
  const error = answer.topics[0]?.error;
  if (error !== undefined && error.code !== 0) throw new Error(`${topic.name}: ${error.name}: ${error.message}`);
  return answer.offset;
}

/** The topic as one broker serves it, once it has applied everything below `atLeastOffset`. */
export function getTopic(client: MetadataServiceClient, name: string, atLeastOffset: number, withinMs = 10_000): Promise<GetTopicResponse> {
  return call<GetTopicResponse>((done) => client.getTopic({ topic: { $case: 'name', value: name }, atLeastOffset }, deadline(withinMs), done));
}

/** Every topic name that the process knows, all pages. */
export async function topicNames(client: TopicServiceClient, atLeastOffset = 0): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  let pageToken = '';
  do {
    const page = await call<ListTopicsResponse>((done) => client.listTopics({ pageSize: 1000, pageToken, namePrefix: '', atLeastOffset }, deadline(10_000), done));
    for (const topic of page.topics) names.add(topic.name);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return names;
}

/**
 * Creates topics until told to stop, several at a time, and keeps the names of those that were acknowledged and of those
 * whose call failed.
 */
export class TopicLoad {
  readonly acknowledged: string[] = [];
  readonly failed: { readonly name: string; readonly error: Error }[] = [];
  #stopping = false;
  readonly #workers: Promise<void>[];

  /**
   * @param options.waitForReady - a call waits for a connection instead of failing where there is none at the moment: what a
   *   client that knows several addresses sets.
   */
  constructor(client: TopicServiceClient, inFlight: number, options: { readonly waitForReady?: boolean } = {}) {
    const metadata = new Metadata({ waitForReady: options.waitForReady ?? false });
    const prefix = randomBytes(3).toString('hex');
    let next = 0;
    const worker = async (): Promise<void> => {
      while (!this.#stopping) {
        next += 1;
        const name = `load-${prefix}-${next}`;
        try {
          await createTopic(client, { name }, 15_000, metadata);
          this.acknowledged.push(name);
        } catch (error) {
          this.failed.push({ name, error: error as Error });
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }
    };
    this.#workers = Array.from({ length: inFlight }, worker);
  }

  /** Why calls failed, each reason once, with how often. */
  failures(): readonly string[] {
    const counts = new Map<string, number>();
    for (const { error } of this.failed) counts.set(error.message, (counts.get(error.message) ?? 0) + 1);
    return [...counts].map(([message, count]) => `${count} × ${message}`);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#workers);
  }

  /** Waits until so many more writes have been acknowledged. */
  async more(count: number, withinMs = 30_000): Promise<void> {
    const wanted = this.acknowledged.length + count;
    const until = performance.now() + withinMs;
    while (this.acknowledged.length < wanted) {
      if (performance.now() > until) throw new Error(`only ${this.acknowledged.length} of ${wanted} writes were acknowledged; last failure: ${this.failed.at(-1)?.error.message}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
