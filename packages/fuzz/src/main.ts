import { readFileSync } from 'node:fs';
import { parseArguments, USAGE } from './arguments.js';
import { runCampaign } from './campaign.js';
import { fromHexFile } from './hex-file.js';
import { TARGETS } from './targets/index.js';

/** Exit codes: 0 nothing found; 1 used wrongly; 2 something found (a replayed input throws as it is). */
const parsed = parseArguments(process.argv.slice(2), Math.floor(Date.now() / 1000));
if (typeof parsed === 'string') {
  process.stderr.write(`${parsed}\n${USAGE}`);
  process.exitCode = 1;
} else if (parsed.kind === 'campaign') {
  process.exitCode = runCampaign(parsed);
} else {
  const target = TARGETS.find(({ name }) => name === parsed.target);
  if (target === undefined) throw new RangeError(`no target is called ${parsed.target}`);
  // Undisturbed: what it throws comes with its stack, and an endless loop can be looked at with a debugger.
  process.stdout.write(`${target.decode(fromHexFile(readFileSync(parsed.file, 'utf8')))}\n`);
}
