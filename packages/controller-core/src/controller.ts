import type { BrokerEpoch, MetadataRecord, NodeId, Offset } from '@quorate/records';
import { uuidFromBytes } from '@quorate/records';
import type { RecordPosition } from '@quorate/metadata-image';
import { decideActivate } from './activation.js';
import { decideExpireSessions } from './brokers/fence.js';
import { decideBrokerHeartbeat } from './brokers/heartbeat.js';
import { decideRegisterBroker } from './brokers/register.js';
import { decideUnregisterBroker } from './brokers/unregister.js';
import { ClusterModel } from './cluster-model.js';
import type { Command, DecideContext, Decision, NoOpReply, Reply, ReplyTo } from './command.js';
import type { ControllerConfig } from './controller-config.js';
import type { ControllerView } from './controller-view.js';
import type { DecisionState } from './decision-state.js';
import { featureRules } from './metadata-version.js';
import { SessionTracker, type BrokerProgress } from './session-tracker.js';
import { decideCreatePartitions } from './topics/create-partitions.js';
import { decideCreateTopics } from './topics/create.js';
import { decideDeleteTopics } from './topics/delete.js';

/**
 * The active controller's judgement: commands in, records and a reply out, nothing written. The host appends the records
 * and hands each to `replay`, before it asks for the next decision; a decision that is not replayed leaves no trace.
 *
 * Only `replay` changes the view. What the log does not hold (when brokers were heard, how far they have applied) is kept
 * here, from `activated` to `deactivated`. Pure: time and randomness come in with the context.
 */
export class Controller {
  readonly #view: ControllerView;
  readonly #config: ControllerConfig;
  readonly #sessions: SessionTracker;
  /** Made when a decision first wants it, forgotten when a broker changes. */
  #cluster: ClusterModel | undefined;
  /** Latest monotonic time that we were told; replay has none of its own. */
  #nowMs = 0;

  constructor({ view, config }: { readonly view: ControllerView; readonly config: ControllerConfig }) {
    this.#view = view;
    this.#config = config;
    this.#sessions = new SessionTracker(config.sessionTimeoutMs);
  }

  /**
   * Decides one command from all that was replayed so far, uncommitted records included. Expected refusals are in the
   * reply; what is thrown is a bug, or a log that contradicts itself.
   */
  decide<C extends Command>(command: C, context: DecideContext): Decision<ReplyTo<C>> {
    this.#noteTime(context.nowMs);
    if (command.kind === 'brokerHeartbeat') {
      // What a broker says of itself is an observation, not a decision: it counts whatever becomes of the answer.
      this.#sessions.observeOffset(command.brokerId, command.brokerEpoch, command.currentMetadataOffset, { endOffset: context.nextOffset, nowMs: context.nowMs });
    }
    const decision = decideByKind(command, this.#state(), context);
    if (command.kind === 'brokerHeartbeat' && decision.reply.kind === 'brokerHeartbeat' && decision.reply.shouldShutDown) {
      this.#sessions.dismissed(command.brokerId, command.brokerEpoch);
    }
    return decision as Decision<ReplyTo<C>>;
  }

  /**
   * Takes a record into account, in log order: those just decided, before they may be written.
   *
   * @throws when the record does not fit the view; it must not be written then.
   */
  replay(record: MetadataRecord, at: RecordPosition): void {
    if (record.kind === 'PartitionChange') this.#noteShutdownProgress(record, at);
    this.#view.apply(record, at);
    this.#replaySoftState(record, at);
  }

  /** The broker was heard. Called before its request is queued, so that a busy controller fences nobody who is alive. */
  touch(brokerId: NodeId, brokerEpoch: BrokerEpoch, nowMs: number): void {
    this.#noteTime(nowMs);
    this.#sessions.touch(brokerId, brokerEpoch, nowMs);
  }

  /** This node is the active controller now: every unfenced broker counts as heard just now. The view shows the stable state. */
  activated(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#cluster = undefined;
    this.#resetSessions();
  }

  /** This node is not active any more; what is uncommitted is dropped from the view by whoever owns it. */
  deactivated(): void {
    this.#cluster = undefined;
    this.#sessions.reset([], this.#nowMs);
  }

  /** Monotonic time at which the next session ends unless its broker is heard; undefined while there is none to end. */
  nextExpiryMs(): number | undefined {
    return this.#sessions.nextExpiryMs();
  }

  /** When the broker was last heard by this controller; undefined when it was not. */
  lastContactMs(brokerId: NodeId): number | undefined {
    return this.#sessions.lastContactMs(brokerId);
  }

  /** How far the brokers have come, as their heartbeats say. */
  brokerProgress(): readonly BrokerProgress[] {
    return this.#sessions.progress();
  }

  #state(): DecisionState {
    this.#cluster ??= new ClusterModel(this.#view);
    return { view: this.#view, config: this.#config, sessions: this.#sessions, cluster: this.#cluster, features: featureRules(this.#view) };
  }

  #noteTime(nowMs: number): void {
    if (nowMs > this.#nowMs) this.#nowMs = nowMs;
  }

  #replaySoftState(record: MetadataRecord, at: RecordPosition): void {
    switch (record.kind) {
      case 'RegisterBroker': {
        const { brokerId, brokerEpoch, fenced } = record.value;
        this.#cluster = undefined;
        this.#sessions.registered(brokerId as NodeId, { epoch: brokerEpoch as BrokerEpoch, fenced }, this.#nowMs);
        return;
      }
      case 'UnregisterBroker':
        this.#cluster = undefined;
        this.#sessions.unregistered(record.value.brokerId as NodeId);
        return;
      case 'BrokerRegistrationChange': {
        const id = record.value.brokerId as NodeId;
        this.#cluster = undefined;
        if (record.value.fenced) this.#sessions.fencedChanged(id, record.value.fenced > 0, this.#nowMs);
        if (record.value.inControlledShutdown === 1) this.#sessions.raiseShutdownOffset(id, endOf(at));
        return;
      }
      case 'FenceBroker':
      case 'UnfenceBroker':
        this.#cluster = undefined;
        this.#sessions.fencedChanged(record.value.id as NodeId, record.kind === 'FenceBroker', this.#nowMs);
        return;
      case 'AbortTransaction':
        // Registrations of the aborted transaction are gone from the view again.
        this.#cluster = undefined;
        this.#resetSessions();
        return;
    }
  }

  /** Everybody must learn what a broker in controlled shutdown gives up before it may go. */
  #noteShutdownProgress({ value }: MetadataRecord<'PartitionChange'>, at: RecordPosition): void {
    const leaving = this.#sessions.shuttingDown();
    if (leaving.length === 0 || (value.isr === undefined && value.leader === undefined)) return;
    const before = this.#view.partition(uuidFromBytes(value.topicId), value.partitionId);
    for (const id of leaving) {
      const losesLeadership = before?.leader === id && value.leader !== undefined && value.leader !== id;
      const losesIsrPlace = value.isr !== undefined && !value.isr.ids.includes(id) && before?.isr.includes(id) === true;
      if (losesLeadership || losesIsrPlace) this.#sessions.raiseShutdownOffset(id, endOf(at));
    }
  }

  #resetSessions(): void {
    const brokers = [...this.#view.brokers()].map(({ id, epoch, fenced, inControlledShutdown }) => ({
      id,
      epoch,
      fenced,
      // The offset at which it began is not in the log; all that is there by now is late enough.
      shutdownOffset: inControlledShutdown ? this.#view.appliedOffset : undefined,
    }));
    this.#sessions.reset(brokers, this.#nowMs);
  }
}

function decideByKind(command: Command, state: DecisionState, context: DecideContext): Decision<Reply> {
  switch (command.kind) {
    case 'registerBroker':
      return decideRegisterBroker(command, state, context);
    case 'brokerHeartbeat':
      return decideBrokerHeartbeat(command, state);
    case 'unregisterBroker':
      return decideUnregisterBroker(command, state);
    case 'createTopics':
      return decideCreateTopics(command, state, context);
    case 'deleteTopics':
      return decideDeleteTopics(command, state);
    case 'createPartitions':
      return decideCreatePartitions(command, state, context);
    case 'expireSessions':
      return decideExpireSessions(command, state, context);
    case 'noOp':
      return decideNoOp();
    case 'activate':
      return decideActivate(command, state);
  }
}

function decideNoOp(): Decision<NoOpReply> {
  return { records: [{ kind: 'NoOp', version: 0, value: {} }], reply: { kind: 'noOp' }, outcomes: [], atomic: false };
}

function endOf(at: RecordPosition): Offset {
  return (at.offset + 1) as Offset;
}
