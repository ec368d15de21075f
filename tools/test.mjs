// What `npm test` runs: everything, one phase after the other, and the sum of it.
//   npm test                               lint, units and stories, 2,000 simulated seeds, real processes
//   npm test -- raft-core metadata-log     the units of these projects
//   npm test -- --only units,sim           these phases (lint, units, sim, e2e)
//   npm test -- --seeds N                  another number of seeds
//   npm test -- --only e2e --e2e NAME      real-process tests whose file name contains NAME
// The last line is `N passed, N failed, N skipped`. Exit code 1 when anything failed, or when a full run passed fewer tests
// than tools/minimum-test-count.json says; under CI=true also when anything was skipped.
import { bootstrapOrExit } from './bootstrap.mjs';

// Nothing but the bootstrap is imported before it: it is what says that Node is too old.
await bootstrapOrExit();
const { runTests } = await import('./test-run.mjs');
process.exitCode = await runTests(process.argv.slice(2));
