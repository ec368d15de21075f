import { describe, expect, it } from 'vitest';
import type { WatchMetadataRequest, WatchMetadataResponse } from '@quorate/records/gen/quorate/metadata/v1/metadata';
import { call, failureOf, refusedFields, SinkOf } from '../../test/call.js';
import { brokerRecord, configRecord, featureRecord, partitionRecord, removeTopicRecord, SmallImage, topicRecord, uuid } from '../../test/small-image.js';
import type { Offset } from '@quorate/records';
import { RpcFailure } from '../rpc-failure.js';
import { metadataServiceHandlers } from './metadata-service.js';
import { MetadataWatch } from './metadata-watch.js';
import { TopicPages } from './topic-pages.js';

const standard = () => new SmallImage().append(featureRecord('metadata.version', 21), brokerRecord(101), brokerRecord(102, true), topicRecord('orders', 1), partitionRecord(1, 0, [101, 102]), configRecord('orders', 'retention.ms', '5'));

function service(image = standard()) {
  return { image, handlers: metadataServiceHandlers({ reader: image, pages: new TopicPages(image), watch: new MetadataWatch(image) }) };
}

describe('metadata queries', () => {
  it('answers what the image holds, with the offset that it was served at', async () => {
    const { handlers } = service();

    expect(await handlers.getTopic({ topic: { $case: 'name', value: 'orders' }, atLeastOffset: 0 }, call())).toMatchObject({ topic: { name: 'orders', topicId: uuid(1), partitions: [{ replicas: [101, 102] }] }, servedAtOffset: 6 });
    expect(await handlers.getPartition({ topic: { $case: 'topicId', value: uuid(1) }, partitionId: 0, atLeastOffset: 0 }, call())).toMatchObject({ partition: { leader: 101, isr: [101, 102] } });
    expect(await handlers.getBroker({ brokerId: 102, atLeastOffset: 0 }, call())).toMatchObject({ broker: { id: 102, state: 1, listeners: [{ port: 9102 }] } });
    expect((await handlers.listBrokers({ pageSize: 0, pageToken: '', atLeastOffset: 0 }, call())).brokers.map(({ id }) => id)).toEqual([101, 102]);
    expect(await handlers.getConfig({ resourceType: 2, resourceName: 'orders', atLeastOffset: 0 }, call())).toMatchObject({ entries: [{ name: 'retention.ms', value: '5' }] });
    expect(await handlers.getFeatures({ atLeastOffset: 0 }, call())).toMatchObject({ features: [{ name: 'metadata.version', level: 21 }] });
    expect(await handlers.describeImage({ atLeastOffset: 0 }, call())).toMatchObject({ nodeId: 101, clusterId: 'cluster', topicCount: 1, partitionCount: 1, brokerCount: 2 });
  });

  it('answers NOT_FOUND by name for what is not there', async () => {
    const { handlers } = service();

    expect(await failureOf(() => handlers.getTopic({ topic: { $case: 'name', value: 'none' }, atLeastOffset: 0 }, call()))).toMatchObject({ reason: 'UNKNOWN_TOPIC_OR_PARTITION' });
    expect(await failureOf(() => handlers.getTopic({ topic: { $case: 'topicId', value: uuid(7) }, atLeastOffset: 0 }, call()))).toMatchObject({ reason: 'UNKNOWN_TOPIC_ID' });
    expect(await failureOf(() => handlers.getPartition({ topic: { $case: 'name', value: 'orders' }, partitionId: 1, atLeastOffset: 0 }, call()))).toMatchObject({ reason: 'UNKNOWN_TOPIC_OR_PARTITION' });
    expect(await failureOf(() => handlers.getBroker({ brokerId: 7, atLeastOffset: 0 }, call()))).toMatchObject({ reason: 'BROKER_ID_NOT_REGISTERED' });
  });

  it('answers a linearizable read once the image holds what the active controller names, and passes on that none could be proved', async () => {
    const { image, handlers } = service();
    image.index = 7 as Offset;
    let answered = false;
    const reading = handlers.getTopic({ topic: { $case: 'name', value: 'new' }, atLeastOffset: 0, linearizable: true }, call());
    void Promise.resolve(reading).then(() => (answered = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBe(false);

    image.append(topicRecord('new', 2));
    expect(await reading).toMatchObject({ topic: { name: 'new' }, servedAtOffset: 7 });

    image.index = new RpcFailure({ reason: 'LEADER_NOT_AVAILABLE', message: 'nobody' });
    expect(await failureOf(() => handlers.listTopics({ pageSize: 0, pageToken: '', namePrefix: '', atLeastOffset: 0, linearizable: true }, call()))).toMatchObject({ reason: 'LEADER_NOT_AVAILABLE' });
    expect(await handlers.listTopics({ pageSize: 0, pageToken: '', namePrefix: '', atLeastOffset: 0 }, call())).toMatchObject({ servedAtOffset: 7 });
  });

  it('pages brokers by id', async () => {
    const { handlers } = service();
    const first = await handlers.listBrokers({ pageSize: 1, pageToken: '', atLeastOffset: 0 }, call());
    const second = await handlers.listBrokers({ pageSize: 1, pageToken: first.nextPageToken, atLeastOffset: 0 }, call());

    expect([first, second].map(({ brokers }) => brokers.map(({ id }) => id))).toEqual([[101], [102]]);
    expect(second.nextPageToken).toBe('');
  });

  it('refuses wrong fields by name', async () => {
    const { handlers } = service();

    expect(await refusedFields(() => handlers.getTopic({ topic: undefined, atLeastOffset: -1 }, call()))).toEqual(['topic', 'at_least_offset']);
    expect(await refusedFields(() => handlers.getTopic({ topic: { $case: 'topicId', value: '?' }, atLeastOffset: 0 }, call()))).toEqual(['topic_id']);
    expect(await refusedFields(() => handlers.getPartition({ topic: { $case: 'name', value: '' }, partitionId: -1, atLeastOffset: -1 }, call()))).toEqual(['name', 'partition_id', 'at_least_offset']);
    expect(await refusedFields(() => handlers.getBroker({ brokerId: -1, atLeastOffset: -1 }, call()))).toEqual(['broker_id', 'at_least_offset']);
    expect(await refusedFields(() => handlers.listBrokers({ pageSize: -1, pageToken: '', atLeastOffset: 0 }, call()))).toEqual(['page_size']);
    expect(await refusedFields(() => handlers.getConfig({ resourceType: 2, resourceName: '', atLeastOffset: -1 }, call()))).toEqual(['at_least_offset']);
    expect(await refusedFields(() => handlers.getFeatures({ atLeastOffset: -1 }, call()))).toEqual(['at_least_offset']);
    expect(await refusedFields(() => handlers.describeImage({ atLeastOffset: -1 }, call()))).toEqual(['at_least_offset']);
  });
});

describe('watching the metadata', () => {
  const watching = (request: Partial<WatchMetadataRequest> = {}): WatchMetadataRequest => ({ fromOffset: undefined, heartbeatMs: 0, ...request });

  function watch(image: SmallImage, request = watching(), watcher = new MetadataWatch(image)) {
    const sink = new SinkOf<WatchMetadataResponse>();
    const context = call();
    watcher.serve(request, sink, context);
    return { sink, watcher, leave: context.leave };
  }
  const kindsOf = (sink: SinkOf<WatchMetadataResponse>): string[] => sink.sent.map(({ event }) => event?.$case ?? '');

  it('sends the image, says that it is whole, then each change as the thing is afterwards', () => {
    const image = standard();
    const { sink, leave } = watch(image);

    image.append(topicRecord('payments', 2), partitionRecord(2, 0, [101]));
    image.append(removeTopicRecord(2));
    leave();

    expect(kindsOf(sink)).toEqual(['imagePart', 'imageEnd', 'delta', 'delta']);
    expect(sink.sent.map(({ offset }) => offset)).toEqual([6, 6, 8, 9]);
    const changes = sink.sent[2]?.event?.$case === 'delta' ? sink.sent[2].event.value.changes : [];
    expect(changes.map(({ change }) => change?.$case)).toEqual(['topic', 'partition']);
    expect(sink.sent[3]?.event).toMatchObject({ value: { changes: [{ change: { $case: 'removedTopicId', value: uuid(2) } }, { change: { $case: 'config', value: { resourceName: 'payments', entries: [] } } }] } });
  });

  it('goes on from an offset without the image', () => {
    const image = standard();
    const { watcher, leave: leaveFirst } = watch(image);
    leaveFirst();
    image.append(topicRecord('a', 2));
    image.append(topicRecord('b', 3));

    const { sink, leave } = watch(image, watching({ fromOffset: 7 }), watcher);
    leave();

    expect(sink.sent.map(({ offset, event }) => [offset, event?.$case])).toEqual([[8, 'delta']]);
  });

  it('refuses an offset that it cannot go on from, and says from where it could', async () => {
    const image = standard();
    const watcher = new MetadataWatch(image);

    const failure = await failureOf(() => watcher.serve(watching({ fromOffset: 3 }), new SinkOf(), call()));

    expect(failure).toMatchObject({ reason: 'OFFSET_OUT_OF_RANGE', metadata: { oldest_offset: '6', applied_offset: '6' } });
    expect(await failureOf(() => watcher.serve(watching({ fromOffset: 7 }), new SinkOf(), call()))).toMatchObject({ reason: 'OFFSET_OUT_OF_RANGE' });
  });

  it('tells nobody who has left', () => {
    const image = standard();
    const { sink, leave } = watch(image);
    const before = sink.sent.length;

    leave();
    image.append(topicRecord('late', 9));

    expect(sink.sent).toHaveLength(before);
  });

  it('holds back what a slow watcher does not read, and sends it when it does', () => {
    const image = standard();
    const sink = new SinkOf<WatchMetadataResponse>();
    sink.room = 1;
    const context = call();
    new MetadataWatch(image).serve(watching(), sink, context);

    expect(sink.sent).toHaveLength(1);
    sink.read(10);
    context.leave();

    expect(kindsOf(sink)).toEqual(['imagePart', 'imageEnd']);
  });

  it('sends away a watcher that falls thousands of changes behind', () => {
    const image = standard();
    const { sink, leave } = watch(image);
    sink.room = 0;

    for (let number = 0; number < 5100; number++) image.append(configRecord('orders', 'retention.ms', String(number)));
    leave();

    expect(sink.endedWith).toMatchObject({ reason: 'LIMIT_EXCEEDED' });
  });

  it('sends everybody away when the image is read anew', () => {
    const image = standard();
    const { sink, leave } = watch(image);

    image.startOver();
    leave();

    expect(sink.endedWith).toMatchObject({ reason: 'BROKER_NOT_AVAILABLE' });
  });

  it('refuses a heartbeat that is too fast, and a negative offset', async () => {
    const watcher = new MetadataWatch(standard());

    expect(await refusedFields(() => watcher.serve(watching({ heartbeatMs: 5, fromOffset: -1 }), new SinkOf(), call()))).toEqual(['heartbeat_ms', 'from_offset']);
  });
});
