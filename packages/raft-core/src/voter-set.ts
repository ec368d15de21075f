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

/** The members of the quorum at one point of the log. Immutable; ids are unique; empty only where nobody has told yet (KIP-853). */
export class VoterSet {
  readonly voters: readonly Voter[];

  constructor(voters: readonly Voter[]) {
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

  /** The same set and one more; its id must be new. */
  withVoter(voter: Voter): VoterSet {
    return new VoterSet([...this.voters, voter]);
  }

  without(id: NodeId): VoterSet {
    return new VoterSet(this.others(id));
  }

  /** How many replicas are in one of the two sets and not in the other. */
  difference(other: VoterSet): number {
    const missing = (from: VoterSet, to: VoterSet): number => from.voters.filter((voter) => !to.has(voter)).length;
    return missing(this, other) + missing(other, this);
  }

  equals(other: VoterSet): boolean {
    if (this.voters.length !== other.voters.length) return false;
    return this.voters.every((voter, index) => {
      const theirs = other.voters[index];
      return theirs !== undefined && sameVoter(voter, theirs);
    });
  }
}

/** Before anybody has told this node who the voters are. */
export const NO_VOTERS = new VoterSet([]);

/** The voters' ids, for people. */
export function describeVoters(set: VoterSet): string {
  return set.voters.map(({ id }) => id).join(',');
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
