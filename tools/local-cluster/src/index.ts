export { runLocalCluster } from './launch.js';
export { planProcesses, type ClusterShape, type ProcessPlan } from './shape.js';
