import type { DescribeImageResponse } from '@quorate/records/gen/quorate/metadata/v1/metadata';
import { call, deadline } from './calls.js';
import { eventually } from './eventually.js';
import type { TestCluster } from './test-cluster.js';

/** What each of these processes holds, once all of them have applied the same offset, which is that one or a later one. */
export function imagesAtOneOffset(cluster: TestCluster, names: readonly string[], atLeastOffset: number): Promise<readonly DescribeImageResponse[]> {
  return eventually('all have applied the same offset', 15_000, async () => {
    const images = await Promise.all(names.map((name) => call<DescribeImageResponse>((done) => cluster.metadata(name).describeImage({ atLeastOffset }, deadline(5000), done))));
    const offsets = images.map((image) => image.servedAtOffset);
    if (new Set(offsets).size > 1) throw new Error(offsets.join(', '));
    return images;
  });
}
