import { RESERVED_DIRECTORY, uuidToBytes } from '@quorate/records';
import type { Uuid } from '@quorate/records';
import type { PartitionRow } from '@quorate/metadata-image';
import { describe, expect, it } from 'vitest';
import { nodes, uuid } from '../test/world.js';
import type { FeatureRules } from './metadata-version.js';
import { decidePartitionChange } from './partition-change.js';
import type { PartitionChangeRequest } from './partition-change.js';

const TOPIC = uuid(7);
const A = uuid(201);
const B = uuid(202);

/** Partition with replicas 1 2 3, all in sync, led by 1. */
function partition(changes: Partial<PartitionRow> = {}): PartitionRow {
  const replicas = changes.replicas ?? nodes(1, 2, 3);
  return {
    replicas,
    isr: nodes(1, 2, 3),
    removingReplicas: [],
    addingReplicas: [],
    leader: nodes(1)[0],
    leaderRecoveryState: 0,
    leaderEpoch: 10,
    partitionEpoch: 20,
    directories: replicas.map(() => RESERVED_DIRECTORY.UNASSIGNED),
    eligibleLeaderReplicas: undefined,
    lastKnownElr: undefined,
    ...changes,
  };
}

interface Circumstances {
  readonly active?: readonly number[];
  readonly elr?: boolean;
  readonly metadataVersion?: number;
  readonly offline?: readonly Uuid[];
}

function change(asked: Partial<PartitionChangeRequest>, { active = [1, 2, 3, 4, 5, 6], elr = false, metadataVersion = elr ? 23 : 21, offline = [] }: Circumstances = {}) {
  const version = elr ? 2 : metadataVersion >= 17 ? 1 : 0;
  const features: FeatureRules = {
    metadataVersion,
    hasDirectories: metadataVersion >= 17,
    hasElr: elr,
    bumpsEpochOnIsrShrink: metadataVersion < 12,
    versions: { RegisterBroker: 3, BrokerRegistrationChange: 2, Partition: version, PartitionChange: version },
  };
  const record = decidePartitionChange(
    { topicId: TOPIC, partitionId: 0, partition: partition(), election: 'ONLINE', minInsyncReplicas: 2, ...asked },
    {
      features,
      isAcceptableLeader: (id) => active.includes(id),
      hasOnlineDirectory: (_id, directory) => !offline.includes(directory),
      defaultDirectory: () => B,
    },
  );
  if (record === undefined) return undefined;
  expect(record.value).toMatchObject({ topicId: uuidToBytes(TOPIC), partitionId: 0 });
  const { topicId: _topicId, partitionId: _partitionId, ...fields } = record.value;
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, typeof value === 'object' ? value.ids : value]),
  );
}

describe('no change', () => {
  it.each(['PREFERRED', 'ONLINE', 'UNCLEAN'] as const)('gives no record when all is well (%s)', (election) => {
    expect(change({ election })).toBeUndefined();
  });

  it('gives no record when nobody may lead and nobody did', () => {
    const leaderless = partition({ leader: undefined, isr: nodes(1) });

    expect(change({ partition: leaderless }, { active: [2, 3] })).toBeUndefined();
  });
});

describe('a PREFERRED election', () => {
  it.each([
    ['brings the first replica back', { leader: 2, isr: [1, 2, 3] }, [1, 2, 3], { leader: 1 }],
    ['keeps the leader when the first replica is out of sync', { leader: 2, isr: [2, 3] }, [1, 2, 3], undefined],
    ['keeps the leader when the first replica is not active', { leader: 2, isr: [1, 2, 3] }, [2, 3], undefined],
    ['takes the next in order when neither may lead', { leader: 2, isr: [1, 2, 3] }, [3], { leader: 3 }],
    ['leaves nobody when nobody may lead', { leader: 2, isr: [2] }, [1, 3], { leader: -1 }],
  ])('%s', (_title, { leader, isr }, active, expected) => {
    const row = partition({ leader: nodes(leader)[0], isr: nodes(...isr) });

    expect(change({ partition: row, election: 'PREFERRED' }, { active })).toEqual(expected);
  });
});

describe('an ONLINE election', () => {
  it.each([
    ['keeps a good leader although the first replica could lead', { leader: 2, isr: [1, 2, 3] }, [1, 2, 3], undefined],
    ['takes the first valid replica in order of preference', { leader: 1, isr: [3, 2, 1] }, [2, 3], { leader: 2 }],
    ['never goes outside of the ISR', { leader: 1, isr: [1] }, [2, 3], { leader: -1 }],
    ['fills an empty place', { leader: undefined, isr: [2] }, [2], { leader: 2 }],
  ])('%s', (_title, { leader, isr }, active, expected) => {
    const row = partition({ leader: leader === undefined ? undefined : nodes(leader)[0], isr: nodes(...isr) });

    expect(change({ partition: row }, { active })).toEqual(expected);
  });

  it('passes over a replica whose directory is offline', () => {
    const row = partition({ directories: [A, B, B] });

    expect(change({ partition: row }, { offline: [A] })).toEqual({ leader: 2 });
  });
});

describe('an UNCLEAN election', () => {
  it('is clean where it can be', () => {
    expect(change({ partition: partition({ isr: nodes(1, 3) }), election: 'UNCLEAN' }, { active: [2, 3] })).toEqual({ leader: 3 });
  });

  it('else takes the first active replica, alone in sync, and has it recover', () => {
    const row = partition({ isr: nodes(1) });

    expect(change({ partition: row, election: 'UNCLEAN' }, { active: [2, 3] })).toEqual({ leader: 2, isr: [2], leaderRecoveryState: 1 });
  });

  it('does not write the recovery state twice', () => {
    const row = partition({ isr: nodes(1), leaderRecoveryState: 1 });

    expect(change({ partition: row, election: 'UNCLEAN' }, { active: [3] })).toEqual({ leader: 3, isr: [3] });
  });

  it('finds nobody when nobody is active', () => {
    expect(change({ election: 'UNCLEAN' }, { active: [] })).toEqual({ leader: -1 });
  });
});

describe('a shrinking ISR', () => {
  it('does not raise the leader epoch while the leader stays', () => {
    expect(change({ targetIsr: nodes(1, 2) })).toEqual({ isr: [1, 2] });
  });

  it('raises the leader epoch before 3.6-IV0', () => {
    expect(change({ targetIsr: nodes(1, 2) }, { metadataVersion: 11 })).toEqual({ isr: [1, 2], leader: 1 });
  });

  it('does not raise it for an ISR that grows, before 3.6-IV0 either', () => {
    expect(change({ partition: partition({ isr: nodes(1, 2) }), targetIsr: nodes(1, 2, 3) }, { metadataVersion: 11 })).toEqual({ isr: [1, 2, 3] });
  });

  it('keeps its last member and loses the leader, while ELR is off', () => {
    expect(change({ partition: partition({ isr: nodes(1) }), targetIsr: [] })).toEqual({ leader: -1 });
  });

  it('moves leadership when the leader leaves', () => {
    expect(change({ targetIsr: nodes(2, 3) }, { active: [2, 3] })).toEqual({ isr: [2, 3], leader: 2 });
  });
});

describe('a reassignment', () => {
  const moving = partition({ replicas: nodes(4, 2, 3, 1), isr: nodes(1, 2, 3), addingReplicas: nodes(4), removingReplicas: nodes(1) });

  it('goes on while the added replica is not in sync', () => {
    expect(change({ partition: moving })).toBeUndefined();
  });

  it('ends when it is: the removed replica leaves, and leadership with it', () => {
    expect(change({ partition: moving, targetIsr: nodes(1, 2, 3, 4) })).toEqual({
      replicas: [4, 2, 3],
      isr: [2, 3, 4],
      addingReplicas: [],
      removingReplicas: [],
      leader: 4,
      directories: [RESERVED_DIRECTORY.UNASSIGNED, RESERVED_DIRECTORY.UNASSIGNED, RESERVED_DIRECTORY.UNASSIGNED].map(uuidToBytes),
    });
  });

  it('raises the leader epoch when a replica leaves although the leader stays', () => {
    const ledByTwo = { ...moving, leader: nodes(2)[0] };

    expect(change({ partition: ledByTwo, targetIsr: nodes(1, 2, 3, 4) })).toMatchObject({ replicas: [4, 2, 3], leader: 2 });
  });

  it('that begins gives new replicas their default directory and keeps the others’', () => {
    const row = partition({ directories: [A, A, A] });

    expect(change({ partition: row, targetReplicas: nodes(1, 2, 3, 4), targetAdding: nodes(4) })).toEqual({
      replicas: [1, 2, 3, 4],
      addingReplicas: [4],
      directories: [A, A, A, B].map(uuidToBytes),
    });
  });

  it('writes no directories before 3.7-IV2', () => {
    expect(change({ targetReplicas: nodes(1, 2, 3, 4), targetAdding: nodes(4) }, { metadataVersion: 16 })).toEqual({ replicas: [1, 2, 3, 4], addingReplicas: [4] });
  });
});

describe('directories', () => {
  it('are written when a broker tells where its replica is', () => {
    expect(change({ assignedDirectories: new Map([[nodes(2)[0]!, A]]) })).toEqual({
      directories: [RESERVED_DIRECTORY.UNASSIGNED, A, RESERVED_DIRECTORY.UNASSIGNED].map(uuidToBytes),
    });
  });

  it('are not written again when they are the same', () => {
    expect(change({ partition: partition({ directories: [A, A, A] }), assignedDirectories: new Map([[nodes(2)[0]!, A]]) })).toBeUndefined();
  });
});

describe('the recovery state', () => {
  it('is written when the leader has recovered', () => {
    expect(change({ partition: partition({ leaderRecoveryState: 1 }), targetRecoveryState: 0 })).toEqual({ leaderRecoveryState: 0 });
  });
});

describe('eligible leader replicas', () => {
  it('are those that left the ISR while fewer than min.insync.replicas remain', () => {
    expect(change({ partition: partition({ isr: nodes(1, 2) }), targetIsr: nodes(1) }, { elr: true })).toEqual({ isr: [1], eligibleLeaderReplicas: [2] });
  });

  it('are nobody while enough are in sync', () => {
    expect(change({ targetIsr: nodes(1, 2) }, { elr: true })).toEqual({ isr: [1, 2] });
  });

  it('count min.insync.replicas at most as high as there are replicas', () => {
    const two = partition({ replicas: nodes(1, 2), isr: nodes(1), eligibleLeaderReplicas: nodes(2) });

    expect(change({ partition: two, targetIsr: nodes(1, 2), minInsyncReplicas: 3 }, { elr: true })).toEqual({ isr: [1, 2], eligibleLeaderReplicas: [] });
  });

  it('stay as they are while ELR is off', () => {
    expect(change({ targetIsr: nodes(1) })).toEqual({ isr: [1] });
  });

  it('leave out who went down uncleanly', () => {
    expect(change({ partition: partition({ isr: nodes(1, 2) }), targetIsr: nodes(1), uncleanReplicas: nodes(2) }, { elr: true })).toEqual({ isr: [1] });
  });

  it('may lead once the ISR is empty, cleanly, and are then in sync alone', () => {
    const empty = partition({ isr: [], leader: undefined, eligibleLeaderReplicas: nodes(2, 3), lastKnownElr: nodes(1) });

    expect(change({ partition: empty }, { active: [2], elr: true })).toEqual({ isr: [2], leader: 2, eligibleLeaderReplicas: [3], lastKnownElr: [] });
  });

  it('take the last member of the ISR when it goes, and remember it as last leader', () => {
    expect(change({ partition: partition({ isr: nodes(1) }), targetIsr: [] }, { active: [2, 3], elr: true })).toEqual({
      isr: [],
      leader: -1,
      eligibleLeaderReplicas: [1],
      lastKnownElr: [1],
    });
  });

  it('are cleared by an unclean election', () => {
    const empty = partition({ isr: [], leader: undefined, eligibleLeaderReplicas: nodes(1), lastKnownElr: nodes(1) });

    expect(change({ partition: empty, election: 'UNCLEAN' }, { active: [3], elr: true })).toEqual({
      isr: [3],
      leader: 3,
      eligibleLeaderReplicas: [],
      lastKnownElr: [],
      leaderRecoveryState: 1,
    });
  });
});

describe('the last known leader', () => {
  const lost = partition({ isr: [], leader: undefined, eligibleLeaderReplicas: [], lastKnownElr: nodes(2) });

  it('is elected when ISR and ELR are empty and it is there', () => {
    expect(change({ partition: lost }, { elr: true })).toEqual({ isr: [2], leader: 2, leaderRecoveryState: 1, lastKnownElr: [] });
  });

  it('is not elected while it is fenced', () => {
    expect(change({ partition: lost }, { active: [1, 3], elr: true })).toBeUndefined();
  });

  it('is not elected while somebody eligible may come back', () => {
    expect(change({ partition: { ...lost, eligibleLeaderReplicas: nodes(3) } }, { active: [1, 2], elr: true })).toBeUndefined();
  });

  it('is not guessed among several', () => {
    expect(change({ partition: { ...lost, lastKnownElr: nodes(2, 3) } }, { elr: true })).toBeUndefined();
  });

  it('is kept from the first loss on', () => {
    const row = partition({ isr: [], leader: undefined, eligibleLeaderReplicas: nodes(1), lastKnownElr: nodes(2) });

    expect(change({ partition: row, uncleanReplicas: nodes(1) }, { active: [], elr: true })).toEqual({ eligibleLeaderReplicas: [] });
  });
});
