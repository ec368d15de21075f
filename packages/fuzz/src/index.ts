export { AllocationProbe } from './allocation-probe.js';
export { checkInput, type Checked, type Finding } from './check-input.js';
export { runTarget, type FailingInput, type TargetResult, type TargetRun } from './run-target.js';
export type { FuzzTarget, InputShape, Verdict } from './target.js';
export { TARGETS } from './targets/index.js';
