import type { Voter } from '@quorate/raft-core';
import { violated } from '../violation.js';

/** The set in force and the one known to be committed differ by one replica at most: any two majorities overlap (KIP-853, Raft paper 6). */
export class OneVoterChangeAtATime {
  check(leaderId: number, inForce: readonly Voter[], committed: readonly Voter[]): void {
    const changed = onlyIn(inForce, committed).length + onlyIn(committed, inForce).length;
    if (changed > 1) violated('one-voter-change-at-a-time', `leader ${leaderId} counts the voters ${namesOf(inForce)}, and ${namesOf(committed)} are committed`);
  }
}

function onlyIn(some: readonly Voter[], others: readonly Voter[]): readonly Voter[] {
  return some.filter(({ id, directoryId }) => !others.some((other) => other.id === id && other.directoryId === directoryId));
}

function namesOf(voters: readonly Voter[]): string {
  return voters.map(({ id, directoryId }) => `${id} (${directoryId})`).join(', ');
}
