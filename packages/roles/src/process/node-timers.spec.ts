import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NodeTimers } from './node-timers.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'] }));
afterEach(() => void vi.useRealTimers());

function timers() {
  const lateness: number[] = [];
  const clock = new NodeTimers((byMs) => lateness.push(Math.round(byMs)));
  const fired: string[] = [];
  const arm = (name: string, afterMs: number | undefined): void => clock.arm(afterMs === undefined ? undefined : clock.nowMs() + afterMs, () => fired.push(name));
  return { clock, arm, fired, lateness };
}

describe('the clock of one loop', () => {
  it('fires once when the time has come, never before', () => {
    const { arm, fired } = timers();
    arm('a', 10);

    vi.advanceTimersByTime(9);
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(2);
    expect(fired).toEqual(['a']);
    vi.advanceTimersByTime(100);
    expect(fired).toEqual(['a']);
  });

  it('forgets a deadline for the one that replaces it, earlier or later', () => {
    const { arm, fired } = timers();
    arm('late', 50);
    arm('earlier', 10);
    arm('latest', 30);

    vi.advanceTimersByTime(29);
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(3);
    expect(fired).toEqual(['latest']);
    vi.advanceTimersByTime(100);
    expect(fired).toEqual(['latest']);
  });

  it('fires never when it is disarmed', () => {
    const { arm, fired } = timers();
    arm('a', 10);
    arm('a', undefined);

    vi.advanceTimersByTime(100);

    expect(fired).toEqual([]);
  });

  it('lets one turn of the loop pass before it fires, so that what has arrived is read first', () => {
    const { arm, fired } = timers();
    const order: string[] = [];
    arm('deadline', 10);
    setTimeout(() => setImmediate(() => order.push(`a message, with ${fired.length} fired`)), 9);

    vi.advanceTimersByTime(12);

    expect(order).toEqual(['a message, with 0 fired']);
    expect(fired).toEqual(['deadline']);
  });

  it('fires for a deadline that has passed already, but not before it returns', () => {
    const { arm, fired } = timers();
    arm('a', -5);
    expect(fired).toEqual([]);

    vi.advanceTimersByTime(1);

    expect(fired).toEqual(['a']);
  });

  it('may be armed anew from what it fires', () => {
    const { clock, fired } = timers();
    const again = (): void => {
      fired.push('tick');
      if (fired.length < 3) clock.arm(clock.nowMs() + 5, again);
    };
    clock.arm(clock.nowMs() + 5, again);

    vi.advanceTimersByTime(30);

    expect(fired).toEqual(['tick', 'tick', 'tick']);
  });

  it('tells of a deadline that fires more than 50 ms late', () => {
    const { arm, lateness } = timers();
    arm('a', -80);

    vi.advanceTimersByTime(1);

    expect(lateness).toHaveLength(1);
    expect(lateness[0]).toBeGreaterThanOrEqual(80);
  });
});
