import type { Command, CreatableTopic, CreatePartitionsCommand, CreateTopicsCommand, DeleteTopicsCommand, UnregisterBrokerCommand } from '@quorate/controller-core';
import type { NodeId } from '@quorate/records';
import type { CreatePartitionsRequest, CreateTopicsRequest, DeleteTopicsRequest, NewTopic, TopicReference } from '@quorate/records/gen/quorate/admin/v1/topic';
import type { UnregisterBrokerRequest } from '@quorate/records/gen/quorate/admin/v1/cluster';
import { FieldChecks } from '../field-checks.js';
import type { WriteBody } from './admin-write.js';

/**
 * The command that a write asks for. What can be said without knowing the metadata is refused here, field by field
 * (INVALID_ARGUMENT); what the metadata decides is answered item by item by the controller.
 */
export function commandFromWrite(body: WriteBody): Command {
  switch (body.$case) {
    case 'createTopics':
      return createTopicsCommand(body.value);
    case 'deleteTopics':
      return deleteTopicsCommand(body.value);
    case 'createPartitions':
      return createPartitionsCommand(body.value);
    case 'unregisterBroker':
      return unregisterBrokerCommand(body.value);
  }
}

function createTopicsCommand(request: CreateTopicsRequest): CreateTopicsCommand {
  const checks = new FieldChecks();
  checks.notEmpty('topics', request.topics);
  const topics = request.topics.map((topic, index) => creatableTopic(checks, `topics[${index}]`, topic));
  checks.done();
  return { kind: 'createTopics', topics, validateOnly: request.validateOnly, atomic: request.atomic };
}

function creatableTopic(checks: FieldChecks, field: string, topic: NewTopic): CreatableTopic {
  topic.configs.forEach(({ name }, index) => {
    if (name === '') checks.refuse(`${field}.configs[${index}].name`, 'must not be empty');
  });
  return {
    name: topic.name,
    partitionCount: topic.partitionCount,
    replicationFactor: topic.replicationFactor,
    assignments: topic.assignments.map(({ partitionId, brokerIds }, index) => {
      if (partitionId < 0) checks.refuse(`${field}.assignments[${index}].partition_id`, `must be 0 or more, got ${partitionId}`);
      return { partitionId, brokerIds: checks.nodeIds(`${field}.assignments[${index}].broker_ids`, brokerIds) };
    }),
    configs: topic.configs.map(({ name, value }) => ({ name, value })),
  };
}

function deleteTopicsCommand(request: DeleteTopicsRequest): DeleteTopicsCommand {
  const checks = new FieldChecks();
  checks.notEmpty('topics', request.topics);
  const topics = request.topics.map((topic, index) => readTopicReference(checks, `topics[${index}]`, topic));
  checks.done();
  return { kind: 'deleteTopics', topics, validateOnly: request.validateOnly, atomic: request.atomic };
}

function createPartitionsCommand(request: CreatePartitionsRequest): CreatePartitionsCommand {
  const checks = new FieldChecks();
  checks.notEmpty('topics', request.topics);
  const topics = request.topics.map(({ name, totalCount, assignments }, index) => ({
    name,
    totalCount,
    assignments: assignments.map(({ brokerIds }, at): readonly NodeId[] => checks.nodeIds(`topics[${index}].assignments[${at}].broker_ids`, brokerIds)),
  }));
  checks.done();
  return { kind: 'createPartitions', topics, validateOnly: request.validateOnly, atomic: request.atomic };
}

function unregisterBrokerCommand(request: UnregisterBrokerRequest): UnregisterBrokerCommand {
  const checks = new FieldChecks();
  const brokerId = checks.nodeId('broker_id', request.brokerId);
  checks.done();
  return { kind: 'unregisterBroker', brokerId, validateOnly: request.validateOnly };
}

/**
 * A topic by name or by id, exactly one of the two.
 *
 * @param prefix - path of the message that holds the two; empty for the request itself.
 */
export function readTopicReference(checks: FieldChecks, field: string, { topic }: TopicReference, prefix = `${field}.`) {
  if (topic === undefined) checks.refuse(field, 'must hold a name or a topic_id');
  if (topic?.$case === 'name' && topic.value === '') checks.refuse(`${prefix}name`, 'must not be empty');
  return {
    name: topic?.$case === 'name' ? topic.value : undefined,
    topicId: topic?.$case === 'topicId' ? checks.uuidText(`${prefix}topic_id`, topic.value) : undefined,
  };
}
