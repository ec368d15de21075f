import { describe, expect, test } from 'vitest';
import { directoryOf } from '../test/fake-host.js';
import { OneNode, batchesOf, epochOf, id } from '../test/one-node.js';
import type { ElectionState } from './election-state.js';

const stored = (epoch: number, more: { leader?: number; vote?: number; voteDisk?: number } = {}): ElectionState => ({
  epoch: epochOf(epoch),
  leaderId: more.leader === undefined ? undefined : id(more.leader),
  votedKey: more.vote === undefined ? undefined : { id: id(more.vote), directoryId: directoryOf(more.vote, more.voteDisk) },
});
const startedWith = (election: ElectionState | undefined, more: ConstructorParameters<typeof OneNode>[0] = {}) =>
  OneNode.started({ ...more, disk: { election, ...more.disk } });

describe('the first role, by what is on disk', () => {
  test('nothing at all: Unattached in epoch 0, and nothing is written', () => {
    const node = startedWith(undefined);
    expect(node.status).toMatchObject({ role: 'unattached', epoch: 0, leaderId: undefined });
    expect(node.kinds()).not.toContain('persistElectionState');
  });

  test('itself as leader: Resigned in the same epoch, and nobody is told that it leads', () => {
    const node = startedWith(stored(4, { leader: 1, vote: 1 }));
    expect(node.status).toMatchObject({ role: 'resigned', epoch: 4, leaderId: undefined });
    expect(node.only('leaderChanged').map((effect) => effect.leaderId)).toEqual([undefined]);
    expect(node.kinds()).not.toContain('leadershipReady');
  });

  test('itself as leader: after 0 to 50 ms it leaves the epoch for the next, never back to the old one', () => {
    const node = startedWith(stored(4, { leader: 1, vote: 1 }));
    node.forget();
    expect(node.toDeadline()).toBe(25);
    expect(node.status).toMatchObject({ role: 'prospective', epoch: 5 });
    expect(node.only('persistElectionState').map((effect) => effect.state)).toEqual([{ epoch: 5, leaderId: undefined, votedKey: undefined }]);
  });

  test('a vote for itself: Candidate in the same epoch, which asks nobody and begins again with a pre-vote', () => {
    const node = startedWith(stored(4, { vote: 1 }));
    expect(node.status).toMatchObject({ role: 'candidate', epoch: 4 });
    expect(node.sent).toEqual([]);
    node.toDeadline();
    expect(node.status).toMatchObject({ role: 'prospective', epoch: 4 });
  });

  test('a vote for its id on another disk: Unattached, the vote kept', () => {
    const node = startedWith(stored(4, { vote: 1, voteDisk: 7 }));
    expect(node.status).toMatchObject({ role: 'unattached', epoch: 4, votedKey: { directoryId: directoryOf(1, 7) } });
  });

  test('a vote for another: Unattached, the vote kept', () => {
    const node = startedWith(stored(4, { vote: 3 }));
    expect(node.status).toMatchObject({ role: 'unattached', epoch: 4, votedKey: { id: 3 } });
  });

  test('another as leader, in the voter set: Follower, which fetches at once', () => {
    const node = startedWith(stored(4, { leader: 3, vote: 3 }));
    expect(node.status).toMatchObject({ role: 'follower', epoch: 4, leaderId: 3, hearsLeader: false });
    expect(node.open('fetch').map(({ to }) => to)).toEqual([3]);
  });

  test('another as leader whose endpoints nobody knows: Unattached, the leader remembered', () => {
    const node = startedWith(stored(4, { leader: 9 }));
    expect(node.status).toMatchObject({ role: 'unattached', epoch: 4, leaderId: 9 });
  });

  test('an epoch older than the log\'s last record: Unattached in the log\'s epoch, with a warning', () => {
    const node = startedWith(stored(2, { vote: 3 }), { disk: { batches: batchesOf([[1, 2], [6, 1]]) } });
    expect(node.status).toMatchObject({ role: 'unattached', epoch: 6, votedKey: undefined, logEndOffset: 3 });
    expect(node.only('persistElectionState')[0]?.state.epoch).toBe(6);
    expect(node.events.some((event) => event.kind === 'described' && event.level === 'warn')).toBe(true);
  });
});

describe('a voter begins a round after a random 0 to 50 ms', () => {
  test.each([[0, 0], [0.5, 25], [0.9, 45]])('drawing %j: after %j ms', (random, waitMs) => {
    const node = startedWith(undefined, { random });
    expect(node.toDeadline()).toBe(waitMs);
    expect(node.status.role).toBe('prospective');
    expect(node.open('vote').map(({ request }) => request)).toMatchObject([{ preVote: true, trigger: 'start-up', attempt: 1 }, { preVote: true }]);
  });

  test('unless its leader answers before', () => {
    const node = startedWith(stored(4, { leader: 3 }));
    node.answer('fetch', { leaderId: id(3) });
    node.advance(50);
    expect(node.status).toMatchObject({ role: 'follower', hearsLeader: true });
  });
});

describe('the only voter elects itself at once', () => {
  test.each([
    ['from nothing', undefined, 1],
    ['after it led', stored(4, { leader: 1, vote: 1 }), 6],
    ['after it voted for itself', stored(4, { vote: 1 }), 5],
  ])('%s', (_name, election, epoch) => {
    const node = startedWith(election, { voters: [1] });
    expect(node.status).toMatchObject({ role: 'leader', epoch });
  });

  test('in one write, before anything that depends on it', () => {
    const node = startedWith(undefined, { voters: [1] });
    const kinds = node.kinds();
    expect(kinds.filter((kind) => kind === 'persistElectionState')).toHaveLength(1);
    expect(kinds.indexOf('persistElectionState')).toBeLessThan(kinds.indexOf('appendControl'));
  });
});

describe('whoever may not stand', () => {
  test('an observer never does, whatever is on its disk (KAFKA-17067)', () => {
    for (const election of [undefined, stored(4, { vote: 9 }), stored(4, { leader: 9 })]) {
      const node = startedWith(election, { id: 9 });
      node.advance(60_000);
      expect(node.status).toMatchObject({ role: 'unattached', epoch: election?.epoch ?? 0 });
      expect(node.open('vote')).toEqual([]);
    }
  });

  test('one that repairs its log does not either, and says so when it fetches', () => {
    const node = startedWith(stored(4, { leader: 1, vote: 1 }), { recovering: true });
    node.advance(5000);
    expect(node.status).toMatchObject({ role: 'unattached', epoch: 4, leaderId: undefined });
    expect(node.open('fetch').at(-1)?.request.recovering).toBe(true);
  });
});

describe('asking around', () => {
  test('configured servers are asked at once, from a random one on, by the ids -2, -3', () => {
    const bootstrapServers = [{ name: 'C', host: 'a', port: 1 }, { name: 'C', host: 'b', port: 2 }];
    const node = startedWith(undefined, { bootstrapServers });
    expect([-2, -3]).toContain(node.open('fetch')[0]?.to);
    expect(node.open('fetch')[0]?.request.maxWaitMs).toBe(0);
  });

  test('its own address among them is left out', () => {
    const node = startedWith(undefined, { id: 9, bootstrapServers: [{ name: 'C', host: 'host-9', port: 9009 }, { name: 'C', host: 'b', port: 2 }] });
    expect(node.open('fetch')[0]?.to).toBe(-3);
  });

  test('without any, an observer asks the voters in turn until one knows the leader', () => {
    const node = startedWith(undefined, { id: 9 });
    const first = node.open('fetch')[0]?.to;
    node.answer('fetch', { error: 'NOT_LEADER_OR_FOLLOWER' });
    node.advance(20);
    expect(node.open('fetch')[0]?.to).not.toBe(first);
    node.answer('fetch', { error: 'NOT_LEADER_OR_FOLLOWER', leaderId: id(2), leaderEpoch: epochOf(3) });
    expect(node.status).toMatchObject({ role: 'follower', leaderId: 2, epoch: 3 });
    expect(node.open('fetch').map(({ to }) => to)).toEqual([2]);
  });
});
