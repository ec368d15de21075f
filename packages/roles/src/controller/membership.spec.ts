import type { NodeId, Uuid } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { ForeignPeers, otherControllers, whyNotAVoter, whyRefused, type FormattedSelf } from './membership.js';

const self: FormattedSelf = { nodeId: 3, clusterId: 'ours', directoryId: 'dir-3', mayObserve: false, directory: '/data' };
const VOTERS = [1, 2, 3].map((id) => ({ id, directoryId: `dir-${id}` }));

function answer(port: number, more: { readonly clusterId?: string; readonly leaderId?: number | undefined; readonly voters?: typeof VOTERS } = {}) {
  return { endpoint: { name: 'CONTROLLER', host: 'localhost', port }, clusterId: 'ours', leaderId: 1, voters: VOTERS, ...more };
}

describe('whether a controller belongs to those it meets', () => {
  it('goes on where nobody answers, where no quorum has formed, and where one counts it', () => {
    expect(whyRefused(self, [], 2)).toBeUndefined();
    expect(whyRefused(self, [answer(1, { leaderId: undefined, voters: [] })], 2)).toBeUndefined();
    expect(whyRefused(self, [answer(1)], 2)).toBeUndefined();
    expect(whyRefused(self, [answer(1), answer(2, { voters: [] })], 2)).toBeUndefined();
  });

  it('refuses when most belong to another cluster, naming both and where', () => {
    const others = [answer(1, { clusterId: 'theirs' }), answer(2, { clusterId: 'theirs' })];

    expect(whyRefused(self, others, 2)).toMatch(/localhost:1 belongs to cluster theirs, .*\/data belongs to cluster ours.*metadata\.log\.dir/);
    expect(whyRefused(self, others.slice(0, 1), 2)).toBeUndefined();
  });

  it('refuses beside a quorum of its cluster that knows it by another directory id, or not at all, and says what to do', () => {
    const other = [{ id: 3, directoryId: 'dir-of-another-format' }];

    expect(whyRefused(self, [answer(1, { voters: other })], 2)).toMatch(/voters of cluster ours are 3 \(directory id dir-of-another-format\), according to the controller at localhost:1; node 3 with directory id dir-3.*--initial-controllers/);
    expect(whyRefused(self, [answer(1, { voters: VOTERS.slice(0, 2) })], 2)).toContain('is not among them');
  });

  it('refuses to go on when the log that it follows does not count it', () => {
    const voters = VOTERS.map(({ id, directoryId }) => ({ id: id as NodeId, directoryId: directoryId as Uuid, endpoints: [], kraftVersion: { min: 0, max: 1 } }));

    expect(whyNotAVoter(self, { isVoter: false, leaderId: 1 as NodeId, voters })).toContain('according to the log');
    expect(whyNotAVoter(self, { isVoter: false, leaderId: undefined, voters })).toBeUndefined();
    expect(whyNotAVoter(self, { isVoter: true, leaderId: 1 as NodeId, voters })).toBeUndefined();
  });

  it('lets a node follow without a vote that was formatted to join, or has been a member', () => {
    const spare = { ...self, mayObserve: true };

    expect(whyRefused(spare, [answer(1, { voters: VOTERS.slice(0, 2) })], 2)).toBeUndefined();
    expect(whyRefused(spare, [answer(1, { clusterId: 'theirs' }), answer(2, { clusterId: 'theirs' })], 2)).toContain('belongs to cluster theirs');
    expect(whyNotAVoter(spare, { isVoter: false, leaderId: 1 as NodeId, voters: [] })).toBeUndefined();
  });

  it('takes the word of most voters, not of one, that it is a stranger, and once', () => {
    const foreign = new ForeignPeers();
    const from = (peer: number): boolean => foreign.heard({ kind: 'described', name: 'raft.peer.foreign', level: 'error', attributes: { peer } }, 3);

    expect([from(1), from(1), from(2), from(2)]).toEqual([false, false, true, false]);
  });

  it('asks the voters and the bootstrap servers, each once, and not itself', () => {
    const at = (port: number) => ({ name: 'CONTROLLER', host: 'localhost', port });
    const voter = (id: number, port: number) => ({ id: id as NodeId, directoryId: `dir-${id}` as Uuid, endpoints: [at(port)], kraftVersion: { min: 0, max: 1 } });

    const others = otherControllers({
      self: { id: 1 as NodeId, directoryId: 'dir-1' as Uuid, endpoints: [at(1)] },
      bootstrapServers: [at(1), at(2), at(4)],
      voterSets: [{ offset: undefined, voters: [voter(1, 1), voter(2, 2), voter(3, 3)] }],
    });

    expect(others.map(({ port }) => port)).toEqual([2, 3, 4]);
  });
});
