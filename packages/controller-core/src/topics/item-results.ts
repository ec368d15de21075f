import type { ItemError } from '../command.js';
import { isRefusal, refusal } from '../errors.js';

/** One item of a batch request, decided: what to answer, and the records that it takes. */
export interface ItemResult<Records, Answer extends ItemError> {
  readonly answer: Answer;
  readonly records: readonly Records[];
}

/**
 * In an atomic request one refused item takes the others with it: they were not attempted, and say because of whom.
 * Otherwise each item stands for itself.
 */
export function withAtomicity<R, A extends ItemError>(
  items: readonly ItemResult<R, A>[],
  atomic: boolean,
  undo: (answer: A, error: ItemError) => A,
  nameOf: (answer: A) => string,
): readonly ItemResult<R, A>[] {
  const culprit = atomic ? items.find(({ answer }) => isRefusal(answer)) : undefined;
  if (culprit === undefined) return items;
  const error = refusal('OPERATION_NOT_ATTEMPTED', `Nothing was changed: the request is atomic, and ${nameOf(culprit.answer)} was refused (${culprit.answer.error}).`);
  return items.map(({ answer }) => ({ answer: isRefusal(answer) ? answer : undo(answer, error), records: [] }));
}

/** What occurs more than once. */
export function duplicatesOf<T>(keys: Iterable<T>): ReadonlySet<T> {
  const seen = new Set<T>();
  const twice = new Set<T>();
  for (const key of keys) {
    if (seen.has(key)) twice.add(key);
    seen.add(key);
  }
  return twice;
}
