import type { Epoch, NodeId } from '@quorate/records';
import { expect, test } from 'vitest';
import type { ElectionState } from './election-state.js';
import { Outbox } from './outbox.js';

const state = (epoch: number): ElectionState => ({ epoch: epoch as Epoch, leaderId: undefined, votedKey: undefined });
const kinds = (outbox: Outbox) => outbox.take().map((effect) => effect.kind);

test('several changes in one step cost one write, of the last state', () => {
  const outbox = new Outbox();
  outbox.electionStateChanged(state(1));
  outbox.electionStateChanged(state(2));
  expect(outbox.take()).toEqual([{ kind: 'persistElectionState', state: state(2) }]);
  expect(outbox.take()).toEqual([]);
});

test('the write comes before the first effect that depends on it, not before mere news', () => {
  const outbox = new Outbox();
  outbox.electionStateChanged(state(1));
  outbox.emit({ kind: 'leaderChanged', epoch: 1 as Epoch, leaderId: undefined });
  outbox.emit({ kind: 'checkConnection', peer: 2 as NodeId, endpoints: [] });
  outbox.emit({ kind: 'shutdownComplete' });
  expect(kinds(outbox)).toEqual(['leaderChanged', 'checkConnection', 'persistElectionState', 'shutdownComplete']);
});

test('a change after such an effect is written again', () => {
  const outbox = new Outbox();
  outbox.electionStateChanged(state(1));
  outbox.emit({ kind: 'truncate', endOffset: 0 as never, generation: 1 });
  outbox.electionStateChanged(state(2));
  expect(kinds(outbox)).toEqual(['persistElectionState', 'truncate', 'persistElectionState']);
});
