import { firstRepeated } from './endpoint.js';
import { ok, refused, splitList, type Parsed } from './parsed.js';

/** What a server process is. */
export type ProcessRole = 'controller' | 'broker';

const ACCEPTED = 'controller, broker, or broker,controller';

/** Reads `process.roles`; the order does not matter, and the result is always broker before controller. */
export function parseProcessRoles(text: string): Parsed<readonly ProcessRole[]> {
  const words = splitList(text);
  const unknown = words.find((word) => word !== 'controller' && word !== 'broker');
  if (unknown === 'both' || unknown === 'combined') return refused(`"${unknown}" is no role`, 'write broker,controller');
  if (unknown !== undefined) return refused(`"${unknown}" is no role`, ACCEPTED);
  if (words.length === 0) return refused('no role is named', ACCEPTED);
  const repeated = firstRepeated(words);
  if (repeated !== undefined) return refused(`the role ${repeated} appears twice`, ACCEPTED);
  return ok((['broker', 'controller'] as const).filter((role) => words.includes(role)));
}
