import { nodeId, uuidFromBytes, uuidToBytes, type ControlRecord, type NodeId } from '@quorate/records';
import type { ReplicaKey, Voter } from './replica-key.js';
import { assert } from './assert.js';
import type { VoterSet } from './voter-set.js';

type ControlValue<Kind extends ControlRecord['kind']> = Extract<ControlRecord, { kind: Kind }>['value'];

/** The voters that a KRaftVoters record holds. */
export function votersFromRecord(value: ControlValue<'KRaftVoters'>): readonly Voter[] {
  return value.voters.map((voter) => {
    assert(voter.kraftVersionFeature !== undefined, `voter ${voter.voterId} has no kraft.version range`);
    return {
      id: nodeId(voter.voterId),
      directoryId: uuidFromBytes(voter.voterDirectoryId),
      endpoints: voter.endpoints.map(({ name, host, port }) => ({ name, host, port })),
      kraftVersion: { min: voter.kraftVersionFeature.minSupportedVersion, max: voter.kraftVersionFeature.maxSupportedVersion },
    };
  });
}

export function votersRecord(set: VoterSet): ControlRecord {
  const voters = set.voters.map((voter) => ({
    voterId: voter.id,
    voterDirectoryId: uuidToBytes(voter.directoryId),
    endpoints: voter.endpoints.map(({ name, host, port }) => ({ name, host, port })),
    kraftVersionFeature: { minSupportedVersion: voter.kraftVersion.min, maxSupportedVersion: voter.kraftVersion.max },
  }));
  return { kind: 'KRaftVoters', version: 0, value: { version: 0, voters } };
}

export function kraftVersionRecord(kraftVersion: number): ControlRecord {
  return { kind: 'KRaftVersion', version: 0, value: { version: 0, kraftVersion } };
}

/** The first record of a leader: who it is, of which voters, and who of them granted. Version 1 carries directory ids. */
export function leaderChangeRecord(leaderId: NodeId, voters: VoterSet, grantingVoters: readonly ReplicaKey[]): ControlRecord {
  return {
    kind: 'LeaderChange',
    version: 1,
    value: { version: 1, leaderId, voters: voters.voters.map(toKey), grantingVoters: grantingVoters.map(toKey) },
  };
}

function toKey({ id, directoryId }: ReplicaKey) {
  return { voterId: id, voterDirectoryId: directoryId === undefined ? new Uint8Array(0) : uuidToBytes(directoryId) };
}

