export { simulate } from './simulation.js';
export type { SimulationFailure, SimulationOptions, SimulationOutcome, SimulationResult } from './simulation.js';
export { FAULT_KINDS, planFaults } from './fault-plan.js';
export type { FaultKind, FaultPlan } from './fault-plan.js';
