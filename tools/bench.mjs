// What `npm run bench -- write | bulk | failover | start` runs: makes the workspace ready, then becomes the benchmark.
import { runBuilt } from './run-built.mjs';

await runBuilt('tools/bench/dist/main.js');
