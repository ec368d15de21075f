import { call, deadline } from '@quorate/e2e';
import type { CreateTopicsResponse } from '@quorate/records/gen/quorate/admin/v1/topic';
import type { ControllersOnly } from './controllers.js';

/** Partitions of one topic, and of one request. */
const PARTITIONS_A_TOPIC = 10_000;

/** Creates so many partitions of three replicas each through the gateway. */
export async function populate(ours: ControllersOnly, partitions: number): Promise<void> {
  const topics = ours.cluster.topics();
  for (let made = 0; made < partitions; made += PARTITIONS_A_TOPIC) {
    const partitionCount = Math.min(PARTITIONS_A_TOPIC, partitions - made);
    const { topics: answers } = await call<CreateTopicsResponse>((done) =>
      topics.createTopics({ topics: [{ name: `populated-${made}`, partitionCount, replicationFactor: 3, assignments: [], configs: [] }], validateOnly: false, atomic: false, requestId: '' } as never, deadline(60_000), done),
    );
    const error = answers[0]?.error;
    if (error !== undefined && error.code !== 0) throw new Error(`creating partitions failed: ${error.message}`);
  }
}
