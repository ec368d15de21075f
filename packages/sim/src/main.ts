import { availableParallelism } from 'node:os';
import { parseArguments, USAGE } from './arguments.js';
import type { SimArguments } from './arguments.js';
import { runBugs } from './bugs/run-bugs.js';
import { runCampaign } from './campaign/run-campaign.js';
import { runWorker } from './campaign/worker.js';
import { replay } from './replay.js';

/** Exit codes: 0 all passed; 1 used wrongly; 2 safety; 3 liveness; 4 crash. */
const parsed = parseArguments(process.argv.slice(2), availableParallelism());
if (typeof parsed === 'string') {
  process.stderr.write(`${parsed}\n${USAGE}`);
  process.exitCode = 1;
} else {
  process.exitCode = await run(parsed);
}

async function run(args: SimArguments): Promise<number> {
  switch (args.kind) {
    case 'replay':
      return replay(args.seed, args.limits);
    case 'campaign':
      return runCampaign(args);
    case 'bugs':
      return runBugs(args);
    case 'worker':
      await runWorker();
      return 0;
  }
}
