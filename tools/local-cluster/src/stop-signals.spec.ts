import { describe, expect, it } from 'vitest';
import { SAME_INTERRUPT_MS, StopSignals } from './stop-signals.js';

describe('StopSignals', () => {
  it('takes the copy that npm hands on for the same Ctrl-C', () => {
    const signals = new StopSignals();

    expect([signals.take(1000), signals.take(1000), signals.take(1003)]).toEqual(['stop', 'echo', 'echo']);
  });

  it('takes a later one for a person who will not wait, and its own copy for an echo again', () => {
    const signals = new StopSignals();
    signals.take(0);

    expect([signals.take(SAME_INTERRUPT_MS), signals.take(SAME_INTERRUPT_MS + 1)]).toEqual(['kill', 'echo']);
  });
});
