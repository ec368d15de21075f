import { uuidToBytes } from '@quorate/records';
import type { MetadataRecord, NodeId } from '@quorate/records';
import type { TopicRow } from '@quorate/metadata-image';
import type { CreatePartitionsCommand, CreatePartitionsReply, DecideContext, Decision, ItemError } from '../command.js';
import type { DecisionState } from '../decision-state.js';
import { NO_ERROR, outcomeOf, refusal } from '../errors.js';
import { StripedReplicaPlacer } from '../replica-placer.js';
import { duplicatesOf, withAtomicity } from './item-results.js';
import type { ItemResult } from './item-results.js';
import { refuseAssignment } from './manual-assignment.js';
import { newPartitionRecord } from './new-partition.js';
import { placePartitions } from './plan-partitions.js';
import type { PartitionPlan } from './plan-partitions.js';

type Asked = CreatePartitionsCommand['topics'][number];
type Answer = CreatePartitionsReply['topics'][number];

/** Adds partitions to topics; the number only ever grows. All of one request is one atomic result. */
export function decideCreatePartitions(command: CreatePartitionsCommand, state: DecisionState, context: DecideContext): Decision<CreatePartitionsReply> {
  const answerOf = ({ name }: { readonly name: string }, error: ItemError): Answer => ({ ...error, name });
  const tooMany = refuseTotal(command.topics, state);
  const duplicates = duplicatesOf(command.topics.map(({ name }) => name));
  const placer = new StripedReplicaPlacer(state.cluster.placement(), context.random);
  const each = command.topics.map((asked): ItemResult<MetadataRecord, Answer> => {
    const error = tooMany ?? refuseName(asked, duplicates, state);
    if (error !== undefined) return { answer: answerOf(asked, error), records: [] };
    const topic = state.view.topicByName(asked.name)!;
    const plan = planAdded(asked, topic, placer, state);
    if (plan.kind === 'refused') return { answer: answerOf(asked, plan.error), records: [] };
    return { answer: answerOf(asked, NO_ERROR), records: addedRecords(topic, plan.replicas, state) };
  });
  const items = withAtomicity(each, command.atomic, answerOf, ({ name }) => `topic '${name}'`);
  return {
    records: command.validateOnly ? [] : items.flatMap(({ records }) => records),
    reply: { kind: 'createPartitions', topics: items.map(({ answer }) => answer) },
    outcomes: items.map(({ answer }) => outcomeOf(answer)),
    atomic: true,
  };
}

function refuseName({ name }: Asked, duplicates: ReadonlySet<string>, { view }: DecisionState): ItemError | undefined {
  if (duplicates.has(name)) return refusal('INVALID_REQUEST', `Topic '${name}' is named more than once in the request.`);
  return view.topicByName(name) === undefined ? refusal('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic '${name}'.`) : undefined;
}

function refuseTotal(topics: readonly Asked[], { view, config }: DecisionState): ItemError | undefined {
  let total = 0;
  for (const { name, totalCount } of topics) total += Math.max(0, totalCount - (view.topicByName(name)?.partitionCount ?? totalCount));
  if (total <= config.maxPartitionsPerRequest) return undefined;
  return refusal('POLICY_VIOLATION', `The request would create ${total} partitions, at most ${config.maxPartitionsPerRequest} are allowed in one request: split it.`);
}

function planAdded(asked: Asked, topic: TopicRow, placer: StripedReplicaPlacer, state: DecisionState): PartitionPlan {
  const present = topic.partitionCount;
  if (asked.totalCount === present) return refused('INVALID_PARTITIONS', `Topic '${topic.name}' already has ${present} partition(s).`);
  if (asked.totalCount < present) {
    return refused('INVALID_PARTITIONS', `Topic '${topic.name}' currently has ${present} partition(s); ${asked.totalCount} would not be an increase.`);
  }
  const count = asked.totalCount - present;
  const replicationFactor = replicationFactorOf(topic, state);
  if (asked.assignments.length === 0) return placePartitions({ count, replicationFactor }, placer, state.cluster);
  if (asked.assignments.length !== count) {
    return refused('INVALID_REPLICA_ASSIGNMENT', `Attempted to add ${count} partition(s) to topic '${topic.name}', but ${asked.assignments.length} assignment(s) were given.`);
  }
  for (const [index, brokerIds] of asked.assignments.entries()) {
    const error = refuseAssignment({ partitionId: present + index, brokerIds }, replicationFactor, state.cluster);
    if (error !== undefined) return { kind: 'refused', error };
  }
  return { kind: 'planned', replicas: asked.assignments };
}

/** That of partition 0, as it will be once a reassignment in progress is over. */
function replicationFactorOf({ topicId, name }: TopicRow, { view }: DecisionState): number {
  const partition = view.partition(topicId, 0);
  if (partition === undefined) throw new Error(`topic '${name}' has no partition 0`);
  return partition.replicas.length - partition.removingReplicas.length;
}

function addedRecords({ topicId, partitionCount }: TopicRow, replicas: readonly (readonly NodeId[])[], state: DecisionState): MetadataRecord[] {
  const topicIdBytes = uuidToBytes(topicId);
  return replicas.map((brokerIds, index) => newPartitionRecord({ topicId: topicIdBytes, partitionId: partitionCount + index, replicas: brokerIds }, state));
}

function refused(error: 'INVALID_PARTITIONS' | 'INVALID_REPLICA_ASSIGNMENT', message: string): PartitionPlan {
  return { kind: 'refused', error: refusal(error, message) };
}
