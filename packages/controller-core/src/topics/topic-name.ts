import type { ItemError } from '../command.js';
import { refusal } from '../errors.js';

/** The metadata log has a topic's name and looks, but is no topic that anyone may make or delete. */
export const CLUSTER_METADATA_TOPIC = '__cluster_metadata';

const MAX_LENGTH = 249;
const LEGAL = /^[a-zA-Z0-9._-]+$/;

/** Why no topic may have this name, or undefined. */
export function refuseTopicName(name: string): ItemError | undefined {
  const problem = problemOf(name);
  return problem === undefined ? undefined : refusal('INVALID_TOPIC_EXCEPTION', problem);
}

/**
 * The name as metrics show it, where `.` and `_` look the same. Two topics whose keys are equal collide: only one of them
 * may exist.
 */
export function collisionKey(name: string): string {
  return name.replaceAll('.', '_');
}

/** Refusal of a name that collides with another topic's. */
export function collisionRefusal(name: string, other: string): ItemError {
  return refusal('INVALID_TOPIC_EXCEPTION', `Topic '${name}' collides with existing topic: ${other}`);
}

function problemOf(name: string): string | undefined {
  if (name === '') return 'The topic name is empty.';
  if (name === '.' || name === '..') return `The topic name cannot be "." or "..", got "${name}".`;
  if (name.length > MAX_LENGTH) return `The topic name has ${name.length} characters, at most ${MAX_LENGTH} are allowed.`;
  if (!LEGAL.test(name)) return `The topic name "${name}" may only have ASCII letters, digits, '.', '_' and '-'.`;
  return name === CLUSTER_METADATA_TOPIC ? `The topic ${name} is the metadata log itself and cannot be created.` : undefined;
}
