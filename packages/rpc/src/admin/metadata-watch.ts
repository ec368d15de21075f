import type { MetadataDelta, MetadataView } from '@quorate/metadata-image';
import type { Uuid } from '@quorate/records';
import type { MetadataChange, WatchMetadataRequest, WatchMetadataResponse } from '@quorate/records/gen/quorate/metadata/v1/metadata';
import { FieldChecks } from '../field-checks.js';
import { RpcFailure } from '../rpc-failure.js';
import type { CallContext } from '../server/call-context.js';
import type { StreamSink } from '../server/handlers.js';
import type { ImageReader } from './image-reader.js';
import { brokerToWire, configToWire, partitionToWire, summaryToWire, TOPIC_RESOURCE } from './rows-to-wire.js';

/** Steps that are kept for watchers who come back, and changes in all of them. */
const KEPT_STEPS = 10_000;
const KEPT_CHANGES = 20_000;
/** Things in one message of an image. */
const PART_SIZE = 500;
/** Steps that a slow watcher may be behind before it is sent away, to come back with its offset. */
const MAX_BEHIND = 5_000;
const DEFAULT_HEARTBEAT_MS = 10_000;
const SHORTEST_HEARTBEAT_MS = 100;

/**
 * The image, then every change, for as long as somebody listens. Changes are whole states of the things that changed, made
 * once a step for all watchers; a watcher that was cut off resumes from its offset while the steps since are kept.
 */
export class MetadataWatch {
  readonly #reader: ImageReader;
  /** How to tell each watcher a step of the log; undefined sends it away. */
  readonly #watchers = new Set<(delta: MetadataDelta | undefined) => void>();
  #steps: MetadataDelta[] = [];
  #keptChanges = 0;
  #latest: { readonly delta: MetadataDelta; readonly changes: readonly MetadataChange[] } | undefined;

  constructor(reader: ImageReader) {
    this.#reader = reader;
    reader.onDelta((delta) => (delta === undefined ? this.#startOver() : this.#note(delta)));
  }

  serve(request: WatchMetadataRequest, sink: StreamSink<WatchMetadataResponse>, context: CallContext): void {
    const heartbeatMs = checkedHeartbeat(request);
    if (!this.#reader.isCaughtUp()) throw new RpcFailure({ reason: 'BROKER_NOT_AVAILABLE', message: 'this process has not caught up with the metadata yet', retryAfterMs: 100 });
    const queue = new WatcherQueue(sink, () => this.#watchers.delete(push));
    const push = (delta: MetadataDelta | undefined): void => {
      if (delta === undefined) sink.end(new RpcFailure({ reason: 'BROKER_NOT_AVAILABLE', message: 'this process reads the metadata anew: watch again', retryAfterMs: 100 }));
      else queue.push({ offset: delta.endOffset, event: { $case: 'delta', value: { changes: this.#told(delta) } } });
    };
    if (request.fromOffset === undefined) this.#pushImage(queue);
    else for (const delta of queue.expecting(this.#stepsAfter(request.fromOffset))) push(delta);
    // It may have left, or been sent away, while it was given all that: nobody would tell us again.
    if (context.signal.aborted) return queue.close();
    this.#watchers.add(push);
    const beat = setInterval(() => queue.beat(this.#reader.view().appliedOffset), heartbeatMs);
    context.signal.addEventListener(
      'abort',
      () => {
        clearInterval(beat);
        this.#watchers.delete(push);
        queue.close();
      },
      { once: true },
    );
  }

  #note(delta: MetadataDelta): void {
    // Nobody watches before this process has caught up, and nobody can resume from then.
    if (delta.changes.length === 0 || !this.#reader.isCaughtUp()) return;
    this.#steps.push(delta);
    this.#keptChanges += delta.changes.length;
    // Dropped in blocks: shifting ten thousand entries for each step would cost more than the step.
    if (this.#steps.length > KEPT_STEPS * 1.25 || this.#keptChanges > KEPT_CHANGES * 1.25) this.#forgetOldest();
    for (const push of [...this.#watchers]) push(delta);
    this.#latest = undefined;
  }

  #forgetOldest(): void {
    let first = this.#steps.length;
    this.#keptChanges = 0;
    while (first > 0 && this.#steps.length - first < KEPT_STEPS && this.#keptChanges < KEPT_CHANGES) this.#keptChanges += this.#steps[--first]!.changes.length;
    this.#steps = this.#steps.slice(first);
  }

  /** The changes of a step, made once for all watchers, and not at all while nobody watches. Later they tell a later state, which is as good. */
  #told(delta: MetadataDelta): MetadataChange[] {
    if (this.#latest?.delta !== delta) this.#latest = { delta, changes: changesOf(this.#reader.view(), delta) };
    return [...this.#latest.changes];
  }

  #startOver(): void {
    this.#steps = [];
    this.#keptChanges = 0;
    for (const push of [...this.#watchers]) push(undefined);
  }

  #stepsAfter(offset: number): readonly MetadataDelta[] {
    const applied = this.#reader.view().appliedOffset;
    const oldest = this.#steps[0]?.fromOffset ?? applied;
    if (offset < oldest || offset > applied) {
      throw new RpcFailure({
        reason: 'OFFSET_OUT_OF_RANGE',
        message: `this node can resume from offsets ${oldest} to ${applied}, not from ${offset}: watch again without from_offset and take the image`,
        metadata: { oldest_offset: String(oldest), applied_offset: String(applied) },
      });
    }
    return this.#steps.filter((delta) => delta.endOffset > offset);
  }

  #pushImage(queue: WatcherQueue): void {
    const view = this.#reader.view();
    const { appliedOffset } = view;
    let entries: MetadataChange[] = [];
    for (const change of imageEntries(view)) {
      entries.push(change);
      if (entries.length < PART_SIZE) continue;
      queue.push({ offset: appliedOffset, event: { $case: 'imagePart', value: { entries } } });
      entries = [];
    }
    if (entries.length > 0) queue.push({ offset: appliedOffset, event: { $case: 'imagePart', value: { entries } } });
    queue.push({ offset: appliedOffset, event: { $case: 'imageEnd', value: {} } });
  }
}

/** What waits for one watcher: it gets as much as it reads, and is sent away when it falls too far behind. */
class WatcherQueue {
  readonly #sink: StreamSink<WatchMetadataResponse>;
  readonly #dropped: () => void;
  #waiting: WatchMetadataResponse[] = [];
  #isBlocked = false;
  #closed = false;
  /** An image, or what a watcher that resumes has missed, may be long; only what comes after it counts as falling behind. */
  #allowed = MAX_BEHIND;

  constructor(sink: StreamSink<WatchMetadataResponse>, dropped: () => void) {
    this.#sink = sink;
    this.#dropped = dropped;
    sink.onDrain(() => {
      this.#isBlocked = false;
      this.#flush();
    });
  }

  /** These were asked for all at once. */
  expecting<T>(steps: readonly T[]): readonly T[] {
    this.#allowed += steps.length;
    return steps;
  }

  push(message: WatchMetadataResponse): void {
    if (this.#closed) return;
    this.#waiting.push(message);
    if (message.event?.$case === 'imagePart') this.#allowed += 1;
    this.#flush();
    if (this.#waiting.length <= this.#allowed) return;
    this.close();
    this.#dropped();
    this.#sink.end(new RpcFailure({ reason: 'LIMIT_EXCEEDED', message: `the watcher is ${MAX_BEHIND} changes behind: watch again from the last offset it has`, retryAfterMs: 100 }));
  }

  beat(offset: number): void {
    if (this.#waiting.length === 0) this.push({ offset, event: { $case: 'heartbeat', value: {} } });
  }

  close(): void {
    this.#closed = true;
    this.#waiting = [];
  }

  #flush(): void {
    let sent = 0;
    while (sent < this.#waiting.length && !this.#isBlocked) this.#isBlocked = !this.#sink.send(this.#waiting[sent++]!);
    if (sent > 0) this.#waiting.splice(0, sent);
  }
}

function checkedHeartbeat({ heartbeatMs, fromOffset }: WatchMetadataRequest): number {
  const checks = new FieldChecks();
  if (heartbeatMs !== 0 && heartbeatMs < SHORTEST_HEARTBEAT_MS) checks.refuse('heartbeat_ms', `must be 0 or at least ${SHORTEST_HEARTBEAT_MS}, got ${heartbeatMs}`);
  if (fromOffset !== undefined) checks.offset('from_offset', fromOffset);
  checks.done();
  return heartbeatMs === 0 ? DEFAULT_HEARTBEAT_MS : heartbeatMs;
}

/** Everything that exists, in an order in which it can be applied. */
function* imageEntries(view: MetadataView): Iterable<MetadataChange> {
  for (const [name, level] of view.features()) yield { change: { $case: 'feature', value: { name, level } } };
  for (const broker of view.brokers()) yield { change: { $case: 'broker', value: brokerToWire(broker) } };
  for (const topic of view.topics()) {
    yield { change: { $case: 'topic', value: summaryToWire(topic) } };
    for (let id = 0; id < topic.partitionCount; id++) {
      const change = partitionChange(view, topic.topicId, id);
      if (change !== undefined) yield change;
    }
  }
  for (const { resourceType, resourceName } of view.configResources()) yield configChange(view, resourceType, resourceName);
}

/** The things that a step touched, as they are after it; each once. */
export function changesOf(view: MetadataView, delta: MetadataDelta): MetadataChange[] {
  const changes = new Map<string, MetadataChange | undefined>();
  const note = (key: string, change: () => MetadataChange | undefined): void => {
    if (!changes.has(key)) changes.set(key, change());
  };
  for (const change of delta.changes) {
    switch (change.kind) {
      case 'topicCreated':
        note(`topic ${change.topicId}`, () => topicChange(view, change.topicId));
        break;
      case 'topicDeleted':
        note(`topic ${change.topicId}`, () => topicChange(view, change.topicId));
        // Its configuration went with it, and no change of its own tells that.
        note(`config ${TOPIC_RESOURCE} ${change.name}`, () => configChange(view, TOPIC_RESOURCE, change.name));
        break;
      case 'partitionCreated':
        note(`topic ${change.topicId}`, () => topicChange(view, change.topicId));
        note(`partition ${change.topicId} ${change.partitionId}`, () => partitionChange(view, change.topicId, change.partitionId));
        break;
      case 'partitionChanged':
        note(`partition ${change.topicId} ${change.partitionId}`, () => partitionChange(view, change.topicId, change.partitionId));
        break;
      case 'brokerRegistered':
      case 'brokerFenced':
      case 'brokerUnfenced':
      case 'brokerChanged':
        note(`broker ${change.after.id}`, () => brokerChange(view, change.after.id));
        break;
      case 'brokerUnregistered':
        note(`broker ${change.before.id}`, () => brokerChange(view, change.before.id));
        break;
      case 'configChanged':
        note(`config ${change.resourceType} ${change.resourceName}`, () => configChange(view, change.resourceType, change.resourceName));
        break;
      case 'featureChanged':
        note(`feature ${change.name}`, () => ({ change: { $case: 'feature', value: { name: change.name, level: view.featureLevel(change.name) ?? 0 } } }));
        break;
      default:
        break;
    }
  }
  return [...changes.values()].filter((change) => change !== undefined);
}

function topicChange(view: MetadataView, topicId: Uuid): MetadataChange {
  const topic = view.topicById(topicId);
  return topic === undefined ? { change: { $case: 'removedTopicId', value: topicId } } : { change: { $case: 'topic', value: summaryToWire(topic) } };
}

/** Undefined when its topic is gone: that is told by the topic. */
function partitionChange(view: MetadataView, topicId: Uuid, partitionId: number): MetadataChange | undefined {
  const row = view.partition(topicId, partitionId);
  return row === undefined ? undefined : { change: { $case: 'partition', value: { topicId, partition: partitionToWire(partitionId, row) } } };
}

function brokerChange(view: MetadataView, id: Parameters<MetadataView['broker']>[0]): MetadataChange {
  const broker = view.broker(id);
  return broker === undefined ? { change: { $case: 'removedBrokerId', value: id } } : { change: { $case: 'broker', value: brokerToWire(broker) } };
}

function configChange(view: MetadataView, resourceType: number, resourceName: string): MetadataChange {
  return { change: { $case: 'config', value: { resourceType, resourceName, entries: configToWire(view, resourceType, resourceName) } } };
}
