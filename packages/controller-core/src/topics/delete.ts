import { uuidToBytes } from '@quorate/records';
import type { MetadataRecord, Uuid } from '@quorate/records';
import type { MetadataView, TopicRow } from '@quorate/metadata-image';
import type { Decision, DeleteTopicsCommand, DeleteTopicsReply, ItemError } from '../command.js';
import type { DecisionState } from '../decision-state.js';
import { isRefusal, NO_ERROR, outcomeOf, refusal } from '../errors.js';
import { duplicatesOf, withAtomicity } from './item-results.js';
import type { ItemResult } from './item-results.js';

type Asked = DeleteTopicsCommand['topics'][number];
type Answer = DeleteTopicsReply['topics'][number];

/** Deletes topics by name or id; one RemoveTopic each, which takes partitions and configs along. One atomic result. */
export function decideDeleteTopics(command: DeleteTopicsCommand, state: DecisionState): Decision<DeleteTopicsReply> {
  const found = command.topics.map((asked) => findTopic(asked, state.view));
  const twice = duplicatesOf(found.flatMap((topic) => ('topicId' in topic ? [topic.topicId] : [])));
  const each = command.topics.map((asked, index) => deleteOne(asked, found[index]!, twice, state));
  const items = withAtomicity(each, command.atomic, (answer, error) => ({ ...answer, ...error }), describe);
  return {
    records: command.validateOnly ? [] : items.flatMap(({ records }) => records),
    reply: { kind: 'deleteTopics', topics: items.map(({ answer }) => answer) },
    outcomes: items.map(({ answer }) => outcomeOf(answer, isRefusal(answer) || answer.topicId === undefined ? undefined : uuidToBytes(answer.topicId))),
    atomic: true,
  };
}

/** The topic that is meant, or why there is none. */
function findTopic({ name, topicId }: Asked, view: MetadataView): TopicRow | ItemError {
  if (name !== undefined && topicId !== undefined) return refusal('INVALID_REQUEST', 'You may not specify both topic name and topic id.');
  if (name !== undefined) return view.topicByName(name) ?? refusal('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic '${name}'.`);
  if (topicId === undefined) return refusal('INVALID_REQUEST', 'Neither topic name nor topic id was specified.');
  return view.topicById(topicId) ?? refusal('UNKNOWN_TOPIC_ID', `There is no topic with id ${topicId}.`);
}

function deleteOne(asked: Asked, found: TopicRow | ItemError, twice: ReadonlySet<Uuid>, { config }: DecisionState): ItemResult<MetadataRecord, Answer> {
  if (!('topicId' in found)) return { answer: { ...found, ...asked }, records: [] };
  const { name, topicId } = found;
  const error = refuseDeletion(found, twice, config.deleteTopicEnable);
  if (error !== undefined) return { answer: { ...error, name, topicId }, records: [] };
  return {
    answer: { ...NO_ERROR, name, topicId },
    records: [{ kind: 'RemoveTopic', version: 0, value: { topicId: uuidToBytes(topicId) } }],
  };
}

function refuseDeletion({ name, topicId }: TopicRow, twice: ReadonlySet<Uuid>, enabled: boolean): ItemError | undefined {
  if (!enabled) return refusal('TOPIC_DELETION_DISABLED', 'Deleting topics is disabled (delete.topic.enable=false).');
  return twice.has(topicId) ? refusal('INVALID_REQUEST', `Topic '${name}' (id ${topicId}) is named more than once in the request.`) : undefined;
}

function describe({ name, topicId }: Answer): string {
  return name === undefined ? `topic id ${topicId ?? '(none)'}` : `topic '${name}'`;
}
