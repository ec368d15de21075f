import { uuidToBytes } from '@quorate/records';
import type { MetadataRecord, NodeId, Uuid } from '@quorate/records';
import type { CreatableTopic, CreatedTopic, CreateTopicsCommand, CreateTopicsReply, DecideContext, Decision, ItemError } from '../command.js';
import type { DecisionState } from '../decision-state.js';
import { isRefusal, NO_ERROR, outcomeOf, refusal } from '../errors.js';
import { freshUuid } from '../random-uuid.js';
import { StripedReplicaPlacer } from '../replica-placer.js';
import { duplicatesOf, withAtomicity } from './item-results.js';
import type { ItemResult } from './item-results.js';
import { newPartitionRecord } from './new-partition.js';
import { planPartitions } from './plan-partitions.js';
import { refuseTopicConfigs } from './topic-config.js';
import { collisionKey, collisionRefusal, refuseTopicName } from './topic-name.js';
import { CONFIG_RESOURCE } from './topic-settings.js';

/**
 * Creates topics. Items are decided in the order asked and see each other: the second of two names that collide is refused.
 * A name that is asked for twice is refused each time, since nobody can say which of them was meant.
 *
 * Records of one topic: Topic, its configs, its partitions. The whole request is one atomic result; a validating run
 * decides the same and writes nothing, so no topic id is told, for none will exist.
 */
export function decideCreateTopics(command: CreateTopicsCommand, state: DecisionState, context: DecideContext): Decision<CreateTopicsReply> {
  const items = withAtomicity(createEach(command, state, context), command.atomic, refused, ({ name }) => `topic '${name}'`);
  const topics = items.map(({ answer }) => (command.validateOnly ? { ...answer, topicId: undefined } : answer));
  return {
    records: command.validateOnly ? [] : items.flatMap(({ records }) => records),
    reply: { kind: 'createTopics', topics },
    outcomes: topics.map((topic) => outcomeOf(topic, topic.topicId === undefined ? undefined : uuidToBytes(topic.topicId))),
    atomic: true,
  };
}

type CreateResult = ItemResult<MetadataRecord, CreatedTopic>;

function createEach(command: CreateTopicsCommand, state: DecisionState, { random }: DecideContext): CreateResult[] {
  const tooMany = refuseTotal(command.topics, state);
  if (tooMany !== undefined) return command.topics.map(({ name }) => ({ answer: refused({ name }, tooMany), records: [] }));

  const request: RequestSoFar = {
    duplicates: duplicatesOf(command.topics.map(({ name }) => name)),
    nameByCollisionKey: new Map(),
    topicIds: new Set(),
    placer: new StripedReplicaPlacer(state.cluster.placement(), random),
    random,
  };
  return command.topics.map((topic) => createOne(topic, request, state));
}

/** What the items of one request share: the later ones see what the earlier ones take. */
interface RequestSoFar {
  readonly duplicates: ReadonlySet<string>;
  readonly nameByCollisionKey: Map<string, string>;
  readonly topicIds: Set<Uuid>;
  /** One for all topics, so that many small topics spread as evenly as one large one. */
  readonly placer: StripedReplicaPlacer;
  readonly random: () => number;
}

function createOne(topic: CreatableTopic, request: RequestSoFar, state: DecisionState): CreateResult {
  const refusedBecause = refuseTopic(topic, request, state);
  if (refusedBecause !== undefined) return { answer: refused(topic, refusedBecause), records: [] };
  const plan = planPartitions(topic, request.placer, state);
  if (plan.kind === 'refused') return { answer: refused(topic, plan.error), records: [] };

  request.nameByCollisionKey.set(collisionKey(topic.name), topic.name);
  const topicId = freshUuid(request.random, (uuid) => request.topicIds.has(uuid) || state.view.topicById(uuid) !== undefined);
  request.topicIds.add(topicId);
  return {
    answer: { ...NO_ERROR, name: topic.name, topicId, partitionCount: plan.replicas.length, replicationFactor: plan.replicas[0]!.length },
    records: topicRecords(topic, { topicId, replicas: plan.replicas }, state),
  };
}

function refuseTopic({ name, configs }: CreatableTopic, request: RequestSoFar, { view }: DecisionState): ItemError | undefined {
  if (request.duplicates.has(name)) return refusal('INVALID_REQUEST', `Topic '${name}' is named more than once in the request.`);
  const badName = refuseTopicName(name);
  if (badName !== undefined) return badName;
  if (view.topicByName(name) !== undefined) return refusal('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`);
  const other = view.topicCollidingWith(name)?.name ?? request.nameByCollisionKey.get(collisionKey(name));
  if (other !== undefined) return collisionRefusal(name, other);
  return refuseTopicConfigs(configs);
}

/** Before anything is allocated: an absurd number must not cost memory. */
function refuseTotal(topics: readonly CreatableTopic[], { config }: DecisionState): ItemError | undefined {
  let total = 0;
  for (const { assignments, partitionCount } of topics) {
    total += assignments.length > 0 ? assignments.length : Math.max(0, partitionCount ?? config.numPartitions);
  }
  if (total <= config.maxPartitionsPerRequest) return undefined;
  return refusal('POLICY_VIOLATION', `The request would create ${total} partitions, at most ${config.maxPartitionsPerRequest} are allowed in one request: split it.`);
}

function topicRecords(
  { name, configs }: CreatableTopic,
  { topicId, replicas }: { readonly topicId: Uuid; readonly replicas: readonly (readonly NodeId[])[] },
  state: DecisionState,
): MetadataRecord[] {
  const topicIdBytes = uuidToBytes(topicId);
  const records: MetadataRecord[] = [{ kind: 'Topic', version: 0, value: { name, topicId: topicIdBytes } }];
  for (const { name: key, value } of configs) {
    if (value === undefined) throw new Error(`topic config ${key} without a value passed the checks`);
    records.push({ kind: 'Config', version: 0, value: { resourceType: CONFIG_RESOURCE.TOPIC, resourceName: name, name: key, value } });
  }
  replicas.forEach((brokerIds, partitionId) => {
    records.push(newPartitionRecord({ topicId: topicIdBytes, partitionId, replicas: brokerIds }, state));
  });
  return records;
}

function refused({ name }: { readonly name: string }, error: ItemError): CreatedTopic {
  if (!isRefusal(error)) throw new Error(`topic '${name}' was to be refused without a reason`);
  return { ...error, name, topicId: undefined, partitionCount: undefined, replicationFactor: undefined };
}
