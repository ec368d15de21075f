import type { RaftResponse } from '@quorate/raft-core';
import { expect, it } from 'vitest';
import { LocalCalls } from './local-calls.js';

const response = { kind: 'removeRaftVoter' } as unknown as RaftResponse;

it('tells a caller of this process, once, when the loop has carried out all effects', () => {
  const calls = new LocalCalls();
  const told: RaftResponse[] = [];
  const token = calls.add((answer) => told.push(answer));

  expect(token).toBeLessThan(0);
  expect(calls.answered(token, response)).toBe(true);
  expect(told).toEqual([]);
  calls.tell();
  calls.tell();

  expect(told).toEqual([response]);
  expect(calls.answered(token, response)).toBe(false);
});

it('leaves the tokens of a transport alone', () => {
  expect(new LocalCalls().answered(7, response)).toBe(false);
});

it('gives each call a token of its own, and lets a caller call again while it is told', () => {
  const calls = new LocalCalls();
  const told: string[] = [];
  const first = calls.add(() => {
    told.push('first');
    calls.answered(calls.add(() => told.push('third')), response);
  });
  const second = calls.add(() => told.push('second'));
  expect(second).not.toBe(first);

  calls.answered(first, response);
  calls.answered(second, response);
  calls.tell();
  expect(told).toEqual(['first', 'second']);
  calls.tell();

  expect(told).toEqual(['first', 'second', 'third']);
});
