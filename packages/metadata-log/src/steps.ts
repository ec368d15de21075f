import { isDiskError } from './file-system-error.js';

type Done = (error: Error | undefined) => void;

/** One thing to do, which ends by calling `next`, or throws what the disk threw. */
export type Step = (next: Done) => void;

/**
 * Runs steps one after another until one fails, then calls `done` once. What a step throws because of the disk is its
 * failure; a bug goes through.
 */
export function inSequence(steps: readonly Step[], done: Done): void {
  runFrom(steps, 0, done);
}

function runFrom(steps: readonly Step[], from: number, done: Done): void {
  let index = from;
  for (;;) {
    const step = steps[index++];
    if (step === undefined) return done(undefined);
    const outcome = runStep(step, (error) => {
      if (error !== undefined) done(error);
      else runFrom(steps, index, done);
    });
    if (outcome === 'pending') return;
    if (outcome !== 'done') return done(outcome);
  }
}

/** A step that ends before it returns is followed up here, outside of the `try`: what comes later is not its fault. */
function runStep(step: Step, later: Done): 'pending' | 'done' | Error {
  let ended: 'done' | Error | undefined;
  let returned = false;
  try {
    step((error) => {
      if (returned) later(error);
      else ended = error ?? 'done';
    });
  } catch (error) {
    if (!isDiskError(error)) throw error;
    return error;
  }
  returned = true;
  return ended ?? 'pending';
}
