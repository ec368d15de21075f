export { runLocalCluster } from './main.js';
export { planProcesses, type ClusterShape, type ProcessPlan } from './shape.js';
