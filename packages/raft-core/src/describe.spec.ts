import { expect, test } from 'vitest';
import { OneNode, fetchRequest, id } from '../test/one-node.js';
import { describeCoreEvent, describeElection } from './describe.js';

test('a core is one readable line', () => {
  const node = OneNode.leading();
  node.ask(fetchRequest({ from: 2, epoch: 1, offset: 3, lastEpoch: 1 }));
  expect(node.host.core.describe()).toBe('n1 LEAD  e1 leader n1 log 0-3 flushed 3 hw 3 voters 1,2,3');
  expect(OneNode.following(2, 4, { id: 9 }).host.core.describe()).toBe('n9 foll  e4 leader n2 log 0-0 flushed 0 hw - voters 1,2,3 observer');
});

test('an election is one readable line', () => {
  const node = OneNode.following(3, 2);
  node.step({ kind: 'connectionLost', peer: id(3) });
  node.win();
  const [election] = node.elections;
  expect(election === undefined ? '' : describeElection(election)).toBe(
    'election e3 won: connection-lost, attempt 1, 0 ms, pre-votes n1:yes n2:yes, votes n1:yes n2:yes',
  );
});

test('every event of a life can be printed', () => {
  const node = OneNode.following(3, 2);
  node.step({ kind: 'connectionLost', peer: id(3) });
  node.win();
  node.ask(fetchRequest({ from: 2, epoch: 3, offset: 3, lastEpoch: 3 }));
  node.advance(4000);
  expect(node.events.map(describeCoreEvent).join('\n')).toMatchInlineSnapshot(`
    "raft.leader.lost: epoch=2 peer=3 trigger=connection-lost silentMs=0 voter=true
    follower -> prospective e2 leader n3 (connection-lost)
    prospective -> candidate e3 leader - (pre-vote won)
    raft.leader.changed: epoch=3 leader=none
    election e3 won: connection-lost, attempt 1, 0 ms, pre-votes n1:yes n2:yes, votes n1:yes n2:yes
    candidate -> LEADER e3 leader n1 (vote won)
    raft.leader.changed: epoch=3 leader=1
    committed its own epoch e3 at 0
    raft.quorum.lost: epoch=3 heard= voters=3
    leader -> resigned e3 leader n1 (a majority has stopped fetching)
    raft.leader.changed: epoch=3 leader=none"
  `);
});
