import { describe, expect, it } from 'vitest';
import type { CreateTopicsRequest, ListTopicsRequest, NewTopic } from '@quorate/records/gen/quorate/admin/v1/topic';
import { call, failureOf, refusedFields } from '../../test/call.js';
import { configRecord, partitionRecord, SmallImage, topicRecord, uuid } from '../../test/small-image.js';
import { commandFromWrite } from './command-from-write.js';
import type { AdminWriter, AnswerTo, WriteBody, WriteOptions } from './admin-write.js';
import { TopicPages } from './topic-pages.js';
import { topicServiceHandlers } from './topic-service.js';

/** Checks as a real writer does, keeps what it got, and answers with nothing done. */
class KeepingWriter implements AdminWriter {
  readonly written: { readonly body: WriteBody; readonly options: WriteOptions }[] = [];

  async write<W extends WriteBody>(body: W, options: WriteOptions): Promise<AnswerTo<W>> {
    commandFromWrite(body);
    this.written.push({ body, options });
    return { $case: body.$case, value: { topics: [], offset: 7 } } as unknown as AnswerTo<W>;
  }
}

function service(image = new SmallImage()) {
  const writer = new KeepingWriter();
  return { writer, image, handlers: topicServiceHandlers({ writer, reader: image, pages: new TopicPages(image) }) };
}

const newTopic = (topic: Partial<NewTopic>): NewTopic => ({ name: 'orders', partitionCount: undefined, replicationFactor: undefined, assignments: [], configs: [], ...topic });
const creating = (request: Partial<CreateTopicsRequest>): CreateTopicsRequest => ({ topics: [newTopic({})], validateOnly: false, atomic: false, requestId: '', ...request });
const listing = (request: Partial<ListTopicsRequest> = {}): ListTopicsRequest => ({ pageSize: 0, pageToken: '', namePrefix: '', atLeastOffset: 0, ...request });
const byName = (value: string) => ({ topic: { $case: 'name' as const, value } });
const byId = (value: string) => ({ topic: { $case: 'topicId' as const, value } });

describe('writes to topics', () => {
  it('makes a request id where the caller sent none, and keeps the one that it sent', async () => {
    const { handlers, writer } = service();

    await handlers.createTopics(creating({}), call());
    await handlers.createTopics(creating({ requestId: '0190163D-8694-739b-aea5-966c26f8ad91' }), call());

    expect(writer.written[0]?.options.requestId).toHaveLength(16);
    expect(Buffer.from(writer.written[1]!.options.requestId).toString('hex')).toBe('0190163d8694739baea5966c26f8ad91');
  });

  it.each(['1234', '0190163d-8694-439b-aea5-966c26f8ad91', '0190163d86947 39baea5966c26f8ad91'])('refuses %s as a request id', async (requestId) => {
    const { handlers, writer } = service();

    expect(await refusedFields(() => handlers.createTopics(creating({ requestId }), call()))).toEqual(['request_id']);
    expect(writer.written).toEqual([]);
  });

  it('names every wrong field of CreateTopics at once', async () => {
    const topics = [
      newTopic({ assignments: [{ partitionId: -1, brokerIds: [1, -2] }] }),
      newTopic({ configs: [{ name: '', value: 'x' }] }),
    ];

    expect(await refusedFields(() => service().handlers.createTopics(creating({ topics }), call()))).toEqual([
      'topics[0].assignments[0].partition_id',
      'topics[0].assignments[0].broker_ids[1]',
      'topics[1].configs[0].name',
    ]);
  });

  it('names every wrong field of DeleteTopics', async () => {
    const topics = [{ topic: undefined }, byName(''), byId('not a uuid'), byName('fine')];

    expect(await refusedFields(() => service().handlers.deleteTopics({ topics, validateOnly: false, atomic: false, requestId: '' }, call()))).toEqual(['topics[0]', 'topics[1].name', 'topics[2].topic_id']);
  });

  it('names every wrong field of CreatePartitions', async () => {
    const topics = [{ name: 'orders', totalCount: 4, assignments: [{ brokerIds: [-1] }] }];

    expect(await refusedFields(() => service().handlers.createPartitions({ topics, validateOnly: false, atomic: false, requestId: '' }, call()))).toEqual(['topics[0].assignments[0].broker_ids[0]']);
  });

  it.each(['createTopics', 'deleteTopics', 'createPartitions'] as const)('refuses %s that names nothing', async (method) => {
    const empty = { topics: [], validateOnly: false, atomic: false, requestId: '' };

    expect(await refusedFields(() => service().handlers[method](empty, call()))).toEqual(['topics']);
  });
});

describe('reading topics', () => {
  const image = () => new SmallImage().append(topicRecord('orders', 1), partitionRecord(1, 0, [101, 102]), partitionRecord(1, 1, [102, 101]), configRecord('orders', 'retention.ms', '5'));

  it('describes by name and by id, with partitions and configuration, and answers for each item', async () => {
    const { handlers } = service(image());

    const answer = await handlers.describeTopics({ topics: [byName('orders'), byId(uuid(1)), byName('none'), byId(uuid(9))], atLeastOffset: 0 }, call());

    expect(answer.servedAtOffset).toBe(4);
    expect(answer.topics[0]).toMatchObject({ name: 'orders', topicId: uuid(1), partitions: [{ partitionId: 0, leader: 101 }, { partitionId: 1, leader: 102 }], configs: [{ name: 'retention.ms', value: '5' }], error: undefined });
    expect(answer.topics[1]).toEqual(answer.topics[0]);
    expect(answer.topics[2]?.error).toMatchObject({ code: 3, name: 'UNKNOWN_TOPIC_OR_PARTITION' });
    expect(answer.topics[3]?.error).toMatchObject({ code: 100, name: 'UNKNOWN_TOPIC_ID' });
  });

  it('waits for the offset that the caller has seen', async () => {
    const { handlers, image: small } = service(image());
    const reading = handlers.describeTopics({ topics: [byName('payments')], atLeastOffset: 5 }, call());

    small.append(topicRecord('payments', 2));

    expect((await reading).topics[0]?.error).toBeUndefined();
  });

  it('says how far it is when the offset does not come in time', async () => {
    const { handlers } = service(image());

    const failure = await failureOf(() => handlers.listTopics(listing({ atLeastOffset: 99 }), call(50)));

    expect(failure).toMatchObject({ reason: 'REQUEST_TIMED_OUT', metadata: { applied_offset: '4' } });
  });

  it('answers nothing before it has caught up', async () => {
    const { handlers, image: small } = service(image());
    small.caughtUp = false;

    expect(await failureOf(() => handlers.listTopics(listing(), call()))).toMatchObject({ reason: 'BROKER_NOT_AVAILABLE' });
  });

  it('lists by name, page by page, each topic once', async () => {
    const small = new SmallImage();
    const names = Array.from({ length: 25 }, (_, index) => `topic-${String((index * 7) % 25).padStart(2, '0')}`);
    names.forEach((name, index) => small.append(topicRecord(name, index + 1), partitionRecord(index + 1, 0, [1])));
    const { handlers } = service(small);
    const seen: string[] = [];
    let pageToken = '';
    do {
      const page = await handlers.listTopics(listing({ pageSize: 10, pageToken }), call());
      seen.push(...page.topics.map(({ name }) => name));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');

    expect(seen).toEqual([...names].sort());
  });

  it('goes on behind the last name though topics came and went in between', async () => {
    const small = new SmallImage().append(topicRecord('a', 1), topicRecord('c', 2), topicRecord('e', 3));
    const { handlers } = service(small);
    const { nextPageToken } = await handlers.listTopics(listing({ pageSize: 2 }), call());

    small.append(topicRecord('b', 4), topicRecord('d', 5));

    expect((await handlers.listTopics(listing({ pageToken: nextPageToken }), call())).topics.map(({ name }) => name)).toEqual(['d', 'e']);
  });

  it('lists the topics of one prefix', async () => {
    const { handlers } = service(new SmallImage().append(topicRecord('billing', 1), topicRecord('orders-eu', 2), topicRecord('orders-us', 3), topicRecord('z', 4)));

    const page = await handlers.listTopics(listing({ namePrefix: 'orders-', pageSize: 1 }), call());
    const rest = await handlers.listTopics(listing({ namePrefix: 'orders-', pageToken: page.nextPageToken }), call());

    expect([...page.topics, ...rest.topics].map(({ name }) => name)).toEqual(['orders-eu', 'orders-us']);
    expect(rest.nextPageToken).toBe('');
    expect((await handlers.listTopics(listing({ namePrefix: 'nothing' }), call())).topics).toEqual([]);
  });

  it.each([
    ['page_size', listing({ pageSize: -1 })],
    ['page_token', listing({ pageToken: 'bm90IG91cnM' })],
    ['at_least_offset', listing({ atLeastOffset: -1 })],
  ])('refuses a wrong %s', async (field, request) => {
    expect(await refusedFields(() => service().handlers.listTopics(request, call()))).toEqual([field]);
  });

  it('refuses the page token of another list', async () => {
    const { handlers } = service(new SmallImage().append(topicRecord('a', 1), topicRecord('b', 2)));
    const { nextPageToken } = await handlers.listTopics(listing({ pageSize: 1 }), call());

    expect(await refusedFields(() => handlers.listTopics(listing({ namePrefix: 'a', pageToken: nextPageToken }), call()))).toEqual(['page_token']);
  });

  it('refuses to describe more than a thousand topics at once', async () => {
    const topics = Array.from({ length: 1001 }, () => byName('orders'));

    expect(await refusedFields(() => service().handlers.describeTopics({ topics, atLeastOffset: 0 }, call()))).toEqual(['topics']);
  });
});
