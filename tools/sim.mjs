// What `npm run sim -- --seed N | --seeds N | --short` runs: makes the workspace ready, then becomes the simulator.
import { runBuilt } from './run-built.mjs';

await runBuilt('packages/sim/dist/main.js');
