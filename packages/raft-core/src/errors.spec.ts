import { expect, test } from 'vitest';
import { RAFT_ERRORS, raftErrorName } from './errors.js';

test('every error has a number of its own, and the number leads back to it', () => {
  for (const [name, { code }] of Object.entries(RAFT_ERRORS)) expect(raftErrorName(code)).toBe(name);
});

test('a number that nobody knows reads as an unknown server error', () => {
  expect(raftErrorName(31337)).toBe('UNKNOWN_SERVER_ERROR');
});

test('the numbers that Kafka has are Kafka\'s', () => {
  expect(RAFT_ERRORS.NOT_LEADER_OR_FOLLOWER.code).toBe(6);
  expect(RAFT_ERRORS.FENCED_LEADER_EPOCH.code).toBe(74);
  expect(RAFT_ERRORS.UNKNOWN_LEADER_EPOCH.code).toBe(75);
  expect(RAFT_ERRORS.INCONSISTENT_CLUSTER_ID.code).toBe(104);
});
