import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '@quorate/e2e';

/** What every process of ours is started with. */
export const NODE_FLAGS = JSON.parse(readFileSync(path.join(ROOT, 'tools/node-flags.json'), 'utf8')) as readonly string[];
