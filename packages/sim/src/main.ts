import { runCampaign } from './campaign.js';
import { parseArguments, USAGE } from './arguments.js';
import { replay } from './replay.js';

/** Exit codes: 0 all passed; 1 used wrongly; 2 safety; 3 liveness; 4 crash. */
const parsed = parseArguments(process.argv.slice(2));
if (typeof parsed === 'string') {
  process.stderr.write(`${parsed}\n${USAGE}`);
  process.exitCode = 1;
} else if (parsed.kind === 'replay') {
  process.exitCode = replay(parsed.seed);
} else {
  process.exitCode = await runCampaign(parsed);
}
