import { describe, expect, it } from 'vitest';
import type { SubmitOutcome } from '@quorate/controller-node';
import type { Offset } from '@quorate/records';
import { CommandGate } from './command-gate.js';

const NO_OP = { kind: 'noOp' } as const;
const WHENEVER = { deadlineMs: Number.POSITIVE_INFINITY };

/** A loop that answers when the test says so. */
function gate() {
  const waiting: ((outcome: SubmitOutcome) => void)[] = [];
  const outcomes: SubmitOutcome['kind'][] = [];
  const taker = new CommandGate({ submit: (_command, _options, done) => void waiting.push(done as (outcome: SubmitOutcome) => void) });
  const submit = (): void => taker.submit(NO_OP, WHENEVER, ({ kind }) => outcomes.push(kind));
  const commit = (): void => waiting.shift()?.({ kind: 'committed', reply: { kind: 'noOp' }, offset: 1 as Offset });
  return { taker, submit, commit, outcomes };
}

describe('the gate before the controller while the process stops', () => {
  it('waits for what was taken', async () => {
    const { taker, submit, commit, outcomes } = gate();
    submit();
    submit();
    let isClosed = false;
    const closing = taker.close(10_000).then(() => (isClosed = true));

    commit();
    await Promise.resolve();
    expect(isClosed).toBe(false);
    commit();
    await closing;

    expect(outcomes).toEqual(['committed', 'committed']);
  });

  it('sends what comes later away, with nothing happened', async () => {
    const { taker, submit, outcomes } = gate();
    await taker.close(10_000);

    submit();

    expect(outcomes).toEqual(['not-controller']);
  });

  it('waits no longer than it was told', async () => {
    const { taker, submit, outcomes } = gate();
    submit();

    await taker.close(5);

    expect(outcomes).toEqual([]);
  });
});
