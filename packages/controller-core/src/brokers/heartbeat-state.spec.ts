import { describe, expect, it } from 'vitest';
import { nextBrokerState } from './heartbeat-state.js';
import type { BrokerControlState, HeartbeatFacts } from './heartbeat-state.js';

type Row = [title: string, facts: Partial<Record<'wantsFence' | 'wantsShutDown' | 'mayReturn' | 'leads' | 'known', boolean>>, next: BrokerControlState];

function check(current: HeartbeatFacts['current'], rows: readonly Row[]): void {
  it.each(rows)('%s', (_title, facts, next) => {
    const answer = nextBrokerState({
      current,
      wantsFence: facts.wantsFence ?? false,
      wantsShutDown: facts.wantsShutDown ?? false,
      mayReturn: facts.mayReturn ?? false,
      leadsSomething: () => facts.leads ?? false,
      isShutdownKnown: () => facts.known ?? false,
    });

    expect(answer).toBe(next);
  });
}

describe('a fenced broker', () => {
  check('fenced', [
    ['shuts down when it wants to', { wantsShutDown: true }, 'shut down now'],
    ['shuts down even when it may return', { wantsShutDown: true, mayReturn: true }, 'shut down now'],
    ['is unfenced once it may return', { mayReturn: true }, 'unfenced'],
    ['stays fenced until it may return', {}, 'fenced'],
    ['stays fenced while it wants to', { wantsFence: true, mayReturn: true }, 'fenced'],
  ]);
});

describe('an unfenced broker', () => {
  check('unfenced', [
    ['stays unfenced when it wants nothing', { mayReturn: true, leads: true }, 'unfenced'],
    ['is not fenced for being behind', { mayReturn: false }, 'unfenced'],
    ['is fenced when it wants to', { wantsFence: true, leads: true }, 'fenced'],
    ['shuts down now when it wants fence and shutdown', { wantsFence: true, wantsShutDown: true, leads: true }, 'shut down now'],
    ['enters controlled shutdown while it leads something', { wantsShutDown: true, leads: true }, 'controlled shutdown'],
    ['shuts down now when it leads nothing', { wantsShutDown: true }, 'shut down now'],
  ]);
});

describe('a broker in controlled shutdown', () => {
  check('controlled shutdown', [
    ['stays while it still leads', { wantsShutDown: true, leads: true, known: true }, 'controlled shutdown'],
    ['stays until the others know', { wantsShutDown: true, leads: false, known: false }, 'controlled shutdown'],
    ['shuts down once it leads nothing and the others know', { wantsShutDown: true, known: true }, 'shut down now'],
    ['does not come back by asking for nothing', { leads: true }, 'controlled shutdown'],
    ['is not fenced by asking for it', { wantsFence: true, leads: true }, 'controlled shutdown'],
  ]);
});
