// What `npm start` runs: makes the workspace ready, then becomes the launcher of the local cluster, in this same process,
// so that a signal to npm reaches it.
import { runBuilt } from './run-built.mjs';

await runBuilt('tools/local-cluster/dist/main.js');
