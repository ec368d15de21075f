// What `npm run fuzz -- [--target T] [--seconds N] [--seed S]` runs: makes the workspace ready, then becomes the fuzzer.
import { runBuilt } from './run-built.mjs';

await runBuilt('packages/fuzz/dist/main.js');
