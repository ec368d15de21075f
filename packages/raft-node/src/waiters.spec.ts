import { describe, expect, it } from 'vitest';
import type { Offset } from '@quorate/records';
import { Waiters } from './waiters.js';

const at = (value: number): Offset => value as Offset;

function recorder(waiters: Waiters) {
  const ends: string[] = [];
  return {
    ends,
    wait: (name: string, endOffset: number, deadlineMs?: number) => waiters.wait(at(endOffset), deadlineMs, (outcome, reached) => ends.push(`${name} ${outcome} ${reached}`)),
  };
}

describe('Waiters', () => {
  it('answers at once what has been reached already', () => {
    const { ends, wait } = recorder(new Waiters(at(5)));

    wait('a', 5);

    expect(ends).toEqual(['a reached 5']);
  });

  it('releases by offset, and in the order asked within one offset', () => {
    const waiters = new Waiters(at(0));
    const { ends, wait } = recorder(waiters);
    wait('late', 9);
    wait('first', 3);
    wait('second', 3);
    wait('early', 2);

    waiters.advance(at(4));

    expect(ends).toEqual(['early reached 4', 'first reached 4', 'second reached 4']);
    expect(waiters.count).toBe(1);
  });

  it('ends a wait at its deadline, once', () => {
    const waiters = new Waiters(at(0));
    const { ends, wait } = recorder(waiters);
    wait('short', 5, 100);
    wait('long', 5, 200);

    waiters.expire(99);
    waiters.expire(100);
    waiters.advance(at(5));
    waiters.expire(500);

    expect(ends).toEqual(['short timed-out 0', 'long reached 5']);
  });

  it('names the soonest deadline of those that still wait', () => {
    const waiters = new Waiters(at(0));
    const { wait } = recorder(waiters);
    wait('a', 1, 100);
    wait('b', 9, 300);

    waiters.advance(at(1));

    expect(waiters.nextDeadlineMs()).toBe(300);
  });

  it('cancels all', () => {
    const waiters = new Waiters(at(0));
    const { ends, wait } = recorder(waiters);
    wait('a', 1, 100);
    wait('b', 2);

    waiters.cancelAll();

    expect(ends).toEqual(['a cancelled 0', 'b cancelled 0']);
    expect(waiters.count).toBe(0);
    expect(waiters.nextDeadlineMs()).toBeUndefined();
  });
});
