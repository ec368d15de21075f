/** What a client asks about one topic. `validateOnly`: says what would happen and changes nothing. */
export type TopicCall =
  | { readonly kind: 'create'; readonly partitions: number; readonly validateOnly: boolean }
  | { readonly kind: 'delete'; readonly validateOnly: boolean }
  | { readonly kind: 'grow'; readonly total: number }
  | { readonly kind: 'describe' };

/** What it is told. Which of the fields are there depends on the call; `error` is Kafka's name. */
export interface TopicAnswer {
  readonly error: string;
  readonly topicId?: string | undefined;
  readonly partitions?: number | undefined;
}

/** One topic as a single-threaded service would hold it. The id of a topic that nobody was told of is not known yet. */
export type TopicState = { readonly exists: false } | { readonly exists: true; readonly topicId: string | undefined; readonly partitions: number };

export const NO_TOPIC: TopicState = { exists: false };

/** @returns the state after a call that was answered so; undefined when no such answer can come in this state. */
export function afterAnswer(state: TopicState, call: TopicCall, answer: TopicAnswer): TopicState | undefined {
  if (answer.error === 'TOPIC_ALREADY_EXISTS') return state.exists ? state : undefined;
  if (answer.error === 'UNKNOWN_TOPIC_OR_PARTITION') return state.exists ? undefined : state;
  if (answer.error === 'INVALID_PARTITIONS') return state.exists && call.kind === 'grow' && call.total <= state.partitions ? state : undefined;
  // Other refusals speak of brokers and limits, not of this topic.
  if (answer.error !== 'NONE') return state;
  const changed = call.kind === 'describe' ? state : effectOf(state, call);
  if (changed === undefined) return undefined;
  if (isDryRun(call)) return state;
  return call.kind === 'create' || call.kind === 'describe' ? identified(changed, answer) : changed;
}

/** @returns the state after the call took effect without anybody being told; undefined when it changes nothing. */
export function effectOf(state: TopicState, call: TopicCall): TopicState | undefined {
  switch (call.kind) {
    case 'create':
      return state.exists ? undefined : { exists: true, topicId: undefined, partitions: call.partitions };
    case 'delete':
      return state.exists ? NO_TOPIC : undefined;
    case 'grow':
      return state.exists && call.total > state.partitions ? { ...state, partitions: call.total } : undefined;
    case 'describe':
      return undefined;
  }
}

export function isDryRun(call: TopicCall): boolean {
  return (call.kind === 'create' || call.kind === 'delete') && call.validateOnly;
}

/** Equal states have equal keys, and the other way round. */
export function keyOf(state: TopicState): string {
  return state.exists ? `${state.topicId ?? '?'} ${state.partitions}` : '-';
}

/** The topic as the answer shows it: an id learned holds from here on, one that contradicts is impossible. */
function identified(state: TopicState, { topicId, partitions }: TopicAnswer): TopicState | undefined {
  if (!state.exists) return undefined;
  if (partitions !== undefined && partitions !== state.partitions) return undefined;
  if (topicId !== undefined && state.topicId !== undefined && topicId !== state.topicId) return undefined;
  return { ...state, topicId: state.topicId ?? topicId };
}
