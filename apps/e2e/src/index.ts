export { eventually } from './harness/eventually.js';
export { freePorts } from './harness/free-ports.js';
export { NodeProcess, type ProcessExit } from './harness/node-process.js';
export { ROOT, requireProgram } from './harness/require-program.js';
export { TestCluster, call, deadline, quorate, type TestClusterOptions } from './harness/test-cluster.js';
