import { credentials, status, type StatusObject } from '@grpc/grpc-js';
import type { WatchMetadataResponse } from '@quorate/records/gen/quorate/metadata/v1/metadata';
import { afterEach, describe, expect, it } from 'vitest';
import { configRecord, SmallImage, topicRecord } from '../../test/small-image.js';
import { until } from '../../test/until.js';
import { errorFromStatus } from '../error-from-status.js';
import { MetadataServiceClient, MetadataServiceService } from '../gen/quorate/metadata/v1/metadata_service.js';
import { ADMIN_LIMITS } from '../limits.js';
import { RpcServer } from '../server/rpc-server.js';
import { metadataServiceHandlers } from './metadata-service.js';
import { MetadataWatch } from './metadata-watch.js';
import { TopicPages } from './topic-pages.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function serve() {
  const image = new SmallImage().append(topicRecord('orders', 1));
  const server = new RpcServer({ limits: ADMIN_LIMITS, finished: () => undefined });
  server.add(MetadataServiceService, metadataServiceHandlers({ reader: image, pages: new TopicPages(image), watch: new MetadataWatch(image) }));
  const port = await server.listen('127.0.0.1', 0);
  closing.push(() => server.stop(0));
  const watch = (fromOffset?: number) => {
    const client = new MetadataServiceClient(`127.0.0.1:${port}`, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
    closing.push(() => client.close());
    const call = client.watchMetadata({ fromOffset, heartbeatMs: 0 });
    const over = new Promise<StatusObject>((resolve) => void call.on('error', () => undefined).on('status', resolve));
    return { call, over };
  };
  return { image, server, watch };
}

describe('watching over the network', () => {
  it('sends away who reads nothing, and goes on for the others', async () => {
    const { image, server, watch } = await serve();
    const lazy = watch();
    const lazyHeard: WatchMetadataResponse[] = [];
    lazy.call.on('data', (message: WatchMetadataResponse) => lazyHeard.push(message)).pause();
    const eager = watch();
    const heard: WatchMetadataResponse[] = [];
    eager.call.on('data', (message: WatchMetadataResponse) => heard.push(message));
    // What fits into the buffers in between is taken for the lazy one all the same.
    await until('the eager one to be served', () => heard.some(({ event }) => event?.$case === 'imageEnd'));
    await until('both', () => server.calls === 2);

    let steps = 0;
    const value = 'x'.repeat(2000);
    while (server.calls === 2 && steps < 50_000) {
      for (let n = 0; n < 500; n++) image.append(configRecord('orders', 'retention.ms', `${value}${(steps += 1)}`));
      await until('the eager one to have it all', () => heard.at(-1)?.offset === image.view().appliedOffset);
    }

    expect(server.calls).toBe(1);
    expect(heard.filter(({ event }) => event?.$case === 'delta')).toHaveLength(steps);
    lazy.call.resume();
    const ended = await lazy.over;
    expect(ended.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(errorFromStatus(ended)).toMatchObject({ reason: 'LIMIT_EXCEEDED', retryAfterMs: 100 });

    // It comes back with the last offset that it has, and misses nothing.
    const lastOffset = lazyHeard.at(-1)!.offset;
    expect(lazyHeard.map(({ offset }) => offset)).toEqual([1, 1, ...Array.from({ length: lastOffset - 1 }, (_, n) => n + 2)]);
    const again = watch(lastOffset);
    const offsets: number[] = [];
    again.call.on('data', ({ offset }: WatchMetadataResponse) => offsets.push(offset));
    await until('the rest', () => offsets.at(-1) === image.view().appliedOffset);
    expect(offsets).toHaveLength(Number(image.view().appliedOffset) - lastOffset);
  });
});
