import type { NodeId, Uuid } from '@quorate/records';
import { assert } from './assert.js';
import type { Endpoint, Voter } from './replica-key.js';

/** Anything that names a replica; without a directory id it names none. */
export interface MaybeReplica {
  readonly id: NodeId | undefined;
  readonly directoryId: Uuid | undefined;
}

/** The `kraft.version` levels that this software supports. */
export const SUPPORTED_KRAFT_VERSIONS = { min: 0, max: 1 } as const;

/** The members of the quorum at one point of the log. Immutable; never empty; ids are unique (KIP-853). */
export class VoterSet {
  readonly voters: readonly Voter[];

  constructor(voters: readonly Voter[]) {
    assert(voters.length > 0, 'a voter set has at least one voter');
    assert(new Set(voters.map((voter) => voter.id)).size === voters.length, 'a voter set holds each node id once');
    this.voters = [...voters].sort((a, b) => a.id - b.id);
  }

  get size(): number {
    return this.voters.length;
  }

  /** How many voters decide. */
  get majority(): number {
    return Math.floor(this.voters.length / 2) + 1;
  }

  /** Whether that very replica is a voter: the same node with another disk is not. */
  has(replica: MaybeReplica): boolean {
    return this.voters.some((voter) => voter.id === replica.id && voter.directoryId === replica.directoryId);
  }

  isOnly(replica: MaybeReplica): boolean {
    return this.voters.length === 1 && this.has(replica);
  }

  find(id: NodeId): Voter | undefined {
    return this.voters.find((voter) => voter.id === id);
  }

  /** Where the voter listens; empty when it is no voter. */
  endpointsOf(id: NodeId): readonly Endpoint[] {
    return this.find(id)?.endpoints ?? [];
  }

  /** All but that node. */
  others(id: NodeId): readonly Voter[] {
    return this.voters.filter((voter) => voter.id !== id);
  }

  /** The same set with this voter's entry in place of the one with its id. */
  withEntry(entry: Voter): VoterSet {
    return new VoterSet(this.voters.map((voter) => (voter.id === entry.id ? entry : voter)));
  }

  equals(other: VoterSet): boolean {
    if (this.voters.length !== other.voters.length) return false;
    return this.voters.every((voter, index) => {
      const theirs = other.voters[index];
      return theirs !== undefined && sameVoter(voter, theirs);
    });
  }
}

/** Whether two entries say the same: key, endpoints and supported versions. */
export function sameVoter(a: Voter, b: Voter): boolean {
  return (
    a.id === b.id &&
    a.directoryId === b.directoryId &&
    a.kraftVersion.min === b.kraftVersion.min &&
    a.kraftVersion.max === b.kraftVersion.max &&
    sameEndpoints(a.endpoints, b.endpoints)
  );
}

export function sameEndpoints(a: readonly Endpoint[], b: readonly Endpoint[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((one) => b.some((two) => one.name === two.name && one.host === two.host && one.port === two.port));
}
