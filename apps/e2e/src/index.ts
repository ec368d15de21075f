export { call, deadline } from './harness/calls.js';
export { type TestClusterOptions } from './harness/cluster-plan.js';
export { eventually } from './harness/eventually.js';
export { freePorts } from './harness/free-ports.js';
export { NodeProcess, type ProcessExit } from './harness/node-process.js';
export { quorate } from './harness/quorate-command.js';
export { ROOT, requireProgram } from './harness/require-program.js';
export { TestCluster } from './harness/test-cluster.js';
