import type { MetadataView } from '@quorate/metadata-image';
import type { MetadataRecord } from '@quorate/records';
import type { MetadataChange, WatchMetadataResponse } from '@quorate/records/gen/quorate/metadata/v1/metadata';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { call, SinkOf } from '../../test/call.js';
import { brokerRecord, configRecord, featureRecord, partitionRecord, removeTopicRecord, SmallImage, topicRecord, uuidBytes } from '../../test/small-image.js';
import { MetadataWatch } from './metadata-watch.js';
import { brokerToWire, configToWire, partitionsOf } from './rows-to-wire.js';

/** What somebody knows who has only what the watch sent. */
class Mirror {
  readonly topics = new Map<string, { name: string; partitions: Map<number, unknown> }>();
  readonly brokers = new Map<number, unknown>();
  readonly configs = new Map<string, unknown>();
  readonly features = new Map<string, number>();
  offset = 0;
  #isImageWhole = false;

  take(message: WatchMetadataResponse): void {
    const { event } = message;
    if (event?.$case === 'imagePart') {
      expect(this.#isImageWhole, 'an image after its end').toBe(false);
      for (const entry of event.value.entries) this.#apply(entry);
    }
    if (event?.$case === 'imageEnd') this.#isImageWhole = true;
    if (event?.$case === 'delta') for (const change of event.value.changes) this.#apply(change);
    expect(message.offset).toBeGreaterThanOrEqual(this.offset);
    this.offset = message.offset;
  }

  #apply({ change }: MetadataChange): void {
    switch (change?.$case) {
      case 'topic': {
        const known = this.topics.get(change.value.topicId);
        this.topics.set(change.value.topicId, { name: change.value.name, partitions: known?.partitions ?? new Map() });
        return;
      }
      case 'removedTopicId':
        this.topics.delete(change.value);
        return;
      case 'partition': {
        const { topicId, partition } = change.value;
        const topic = this.topics.get(topicId);
        expect(topic, 'a partition of a topic that was not told').toBeDefined();
        topic?.partitions.set(partition?.partitionId ?? -1, partition);
        return;
      }
      case 'broker':
        this.brokers.set(change.value.id, change.value);
        return;
      case 'removedBrokerId':
        this.brokers.delete(change.value);
        return;
      case 'config':
        if (change.value.entries.length === 0) this.configs.delete(change.value.resourceName);
        else this.configs.set(change.value.resourceName, change.value.entries);
        return;
      case 'feature':
        if (change.value.level === 0) this.features.delete(change.value.name);
        else this.features.set(change.value.name, change.value.level);
        return;
      case undefined:
        throw new Error('a change without content');
    }
  }

  known() {
    return {
      topics: [...this.topics].map(([topicId, { name, partitions }]) => ({ topicId, name, partitions: [...partitions].sort(([a], [b]) => a - b).map(([, value]) => value) })).sort(byName),
      brokers: [...this.brokers].sort(([a], [b]) => a - b).map(([, value]) => value),
      configs: [...this.configs].sort(([a], [b]) => (a < b ? -1 : 1)),
      features: [...this.features].sort(([a], [b]) => (a < b ? -1 : 1)),
    };
  }
}

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);

function truth(view: MetadataView): ReturnType<Mirror['known']> {
  return {
    topics: [...view.topics()].map((topic) => ({ topicId: topic.topicId, name: topic.name, partitions: partitionsOf(view, topic) })).sort(byName),
    brokers: [...view.brokers()].map(brokerToWire),
    configs: [...view.configResources()].map(({ resourceType, resourceName }): [string, unknown] => [resourceName, configToWire(view, resourceType, resourceName)]).sort(([a], [b]) => (a < b ? -1 : 1)),
    features: [...view.features()].sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}

const unregister = (brokerId: number): MetadataRecord => ({ kind: 'UnregisterBroker', version: 0, value: { brokerId, brokerEpoch: brokerId * 10 } });
const withoutConfig = (resourceName: string, name: string): MetadataRecord => ({ kind: 'Config', version: 0, value: { resourceType: 2, resourceName, name, value: undefined } });
const moved = (number: number, partitionId: number, leader: number): MetadataRecord => ({ kind: 'PartitionChange', version: 0, value: { topicId: uuidBytes(number), partitionId, leader } });

/** One step that the image as it is can take: records chosen by number. */
function stepFor(view: MetadataView, choice: number, id: number): readonly MetadataRecord[] {
  const name = `topic-${id}`;
  const topic = view.topicByName(name);
  switch (choice) {
    case 0:
      return topic === undefined ? [topicRecord(name, id), partitionRecord(id, 0, [101, 102])] : [removeTopicRecord(id)];
    case 1:
      return topic === undefined ? [] : [partitionRecord(id, topic.partitionCount, [102])];
    case 2:
      return topic === undefined ? [] : [moved(id, 0, 102)];
    case 3:
      return view.broker((100 + id) as never) === undefined ? [brokerRecord(100 + id, id % 2 === 0)] : [unregister(100 + id)];
    case 4:
      return [configRecord(name, 'retention.ms', String(id))];
    case 5:
      return view.config(2, name).has('retention.ms') ? [withoutConfig(name, 'retention.ms')] : [];
    case 6:
      return [featureRecord('group.version', id % 3)];
    default:
      return topic === undefined ? [topicRecord(name, id), removeTopicRecord(id)] : [removeTopicRecord(id), topicRecord(name, id + 100), partitionRecord(id + 100, 0, [101]), removeTopicRecord(id + 100)];
  }
}

afterEach(() => {
  vi.useRealTimers();
});

describe('what a watcher knows', () => {
  it('is what the image holds, after any steps, also when it left and came back from its offset', () => {
    const steps = fc.array(fc.record({ choice: fc.nat({ max: 7 }), id: fc.integer({ min: 1, max: 6 }), leaves: fc.boolean(), batchWithNext: fc.boolean() }), { maxLength: 40 });
    fc.assert(
      fc.property(steps, fc.nat({ max: 10 }), (moves, watchedFrom) => {
        const image = new SmallImage();
        const watcher = new MetadataWatch(image);
        const mirror = new Mirror();
        let sink = new SinkOf<WatchMetadataResponse>();
        let caller = call();
        let isWatching = false;
        const watch = (fromOffset: number | undefined): void => {
          sink = new SinkOf();
          caller = call();
          watcher.serve({ fromOffset, heartbeatMs: 0 }, sink, caller);
          isWatching = true;
        };
        const take = (): void => {
          for (const message of sink.sent.splice(0)) mirror.take(message);
        };

        for (const [index, { choice, id, leaves }] of moves.entries()) {
          if (index === watchedFrom) watch(undefined);
          const records = stepFor(image.view(), choice, id);
          if (records.length > 0) image.append(...records);
          if (index < watchedFrom) continue;
          take();
          if (isWatching) expect(mirror.known()).toEqual(truth(image.view()));
          if (leaves && isWatching) {
            caller.leave();
            isWatching = false;
          } else if (!isWatching) watch(mirror.offset);
        }
        if (!isWatching) watch(moves.length > watchedFrom ? mirror.offset : undefined);
        take();
        expect(mirror.known()).toEqual(truth(image.view()));
        caller.leave();
      }),
      { numRuns: 300 },
    );
  });

  it('can be resumed over thousands of steps while they are kept', () => {
    const image = new SmallImage().append(featureRecord('group.version', 1));
    const watcher = new MetadataWatch(image);
    const from = image.view().appliedOffset;
    for (let number = 0; number < 9000; number++) image.append(configRecord('orders', 'retention.ms', String(number)));
    const sink = new SinkOf<WatchMetadataResponse>();
    sink.room = 3;
    const caller = call();

    watcher.serve({ fromOffset: from, heartbeatMs: 0 }, sink, caller);
    sink.read(100_000);

    expect(sink.endedWith).toBeUndefined();
    expect(sink.sent).toHaveLength(9000);
    expect(sink.sent.at(-1)?.offset).toBe(image.view().appliedOffset);
    caller.leave();
  });
});

describe('a watcher that is gone', () => {
  it('leaves no timer and no work behind when it was sent away while it was being served', () => {
    vi.useFakeTimers();
    const image = new SmallImage().append(featureRecord('group.version', 1));
    const watcher = new MetadataWatch(image);
    const caller = call();
    // As the server does it: a stream that is ended is over for its handler.
    const sink = new SinkOf<WatchMetadataResponse>();
    sink.send = () => {
      caller.leave();
      return true;
    };

    watcher.serve({ fromOffset: undefined, heartbeatMs: 0 }, sink, caller);

    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves none behind when its caller left before it was served', () => {
    vi.useFakeTimers();
    const caller = call();
    caller.leave();

    new MetadataWatch(new SmallImage()).serve({ fromOffset: undefined, heartbeatMs: 0 }, new SinkOf(), caller);

    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves none behind when it is refused', () => {
    vi.useFakeTimers();

    expect(() => new MetadataWatch(new SmallImage()).serve({ fromOffset: 7, heartbeatMs: 0 }, new SinkOf(), call())).toThrow('from offsets 0 to 0');

    expect(vi.getTimerCount()).toBe(0);
  });

  it('gets heartbeats with the offset while nothing happens, until it leaves', () => {
    vi.useFakeTimers();
    const image = new SmallImage().append(featureRecord('group.version', 1));
    const sink = new SinkOf<WatchMetadataResponse>();
    const caller = call();
    new MetadataWatch(image).serve({ fromOffset: 1, heartbeatMs: 200 }, sink, caller);

    vi.advanceTimersByTime(650);
    caller.leave();
    vi.advanceTimersByTime(1000);

    expect(sink.sent.map(({ offset, event }) => [offset, event?.$case])).toEqual([[1, 'heartbeat'], [1, 'heartbeat'], [1, 'heartbeat']]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
