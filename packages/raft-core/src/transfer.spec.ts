import { describe, expect, test } from 'vitest';
import { OneNode, fetchRequest, id } from '../test/one-node.js';

const fetches = (node: OneNode, from: number, offset: number, more: { readonly recovering?: boolean } = {}) =>
  node.ask(fetchRequest({ from, epoch: 1, offset, lastEpoch: offset === 0 ? 0 : 1, highWatermark: 'unknown', ...more }));
/** Leads epoch 1 with everything committed and held by both others. */
const settled = () => {
  const node = OneNode.leading();
  fetches(node, 2, 3);
  fetches(node, 3, 3);
  node.forget();
  return node;
};
const transfer = (node: OneNode, to?: number, validateOnly = false) => node.step({ kind: 'transfer', token: 7, successorId: to === undefined ? undefined : id(to), validateOnly });
const outcomes = (node: OneNode) => node.only('transferAnswered').map(({ outcome }) => outcome);

describe('a planned transfer', () => {
  test('ends the epoch at once when the named voter has everything, and names it first', () => {
    const node = settled();
    transfer(node, 3);
    expect(node.status.role).toBe('resigned');
    expect(node.open('endQuorumEpoch')[0]?.request.preferredCandidates.map((key) => key.id)).toEqual([3, 2]);
    expect(outcomes(node)).toEqual([{ kind: 'ended', successorId: 3 }]);
  });

  test('stops proposals, and waits until the named voter has what was taken, not another one', () => {
    const node = settled();
    node.propose();
    transfer(node, 3);
    expect(node.only('handOverBegun')).toHaveLength(1);
    node.propose();
    expect(node.only('proposalRefused')).toHaveLength(1);
    fetches(node, 2, 4);
    expect(node.status).toMatchObject({ role: 'leader', highWatermark: 4, handingOver: true });
    fetches(node, 3, 4);
    expect(node.status.role).toBe('resigned');
    expect(outcomes(node)).toEqual([{ kind: 'ended', successorId: 3 }]);
  });

  test('goes to the voter that is furthest when none is named', () => {
    const node = settled();
    node.propose();
    fetches(node, 3, 4);
    transfer(node);
    expect(outcomes(node)).toEqual([{ kind: 'ended', successorId: 3 }]);
  });

  test('is abandoned after an election timeout: the leader leads on, and takes proposals again', () => {
    const node = settled();
    node.propose();
    transfer(node, 3);
    fetches(node, 2, 4);
    node.advance(1000);
    expect(node.status).toMatchObject({ role: 'leader', handingOver: false });
    expect(outcomes(node)).toEqual([{ kind: 'abandoned', successorId: 3 }]);
    expect(node.only('handOverAbandoned')).toHaveLength(1);
    node.forget();
    node.propose();
    expect(node.only('append')).toHaveLength(1);
  });

  test('that a shutdown overtakes is not abandoned', () => {
    const node = settled();
    node.propose();
    transfer(node, 3);
    node.step({ kind: 'shutdown' });
    fetches(node, 2, 4);
    node.advance(1000);
    expect(node.status.role).toBe('resigned');
    expect(outcomes(node)).toEqual([{ kind: 'ended', successorId: 3 }]);
  });

  test('that is only asked about changes nothing', () => {
    const node = settled();
    transfer(node, 3, true);
    expect(outcomes(node)).toEqual([{ kind: 'possible', successorId: 3 }]);
    expect(node.status).toMatchObject({ role: 'leader', handingOver: false });
  });

  test('is refused with the reason', () => {
    const refused = (node: OneNode, to?: number) => {
      transfer(node, to);
      return outcomes(node).map((outcome) => ('reason' in outcome ? outcome.reason : outcome.kind));
    };
    expect(refused(OneNode.following(2, 5), 3)).toEqual(['not-leader']);
    expect(refused(OneNode.leading(), 3)).toEqual(['busy']);
    expect(refused(settled(), 9)).toEqual(['not-a-voter']);
    expect(refused(settled(), 1)).toEqual(['leads-already']);
    const repairing = settled();
    fetches(repairing, 3, 3, { recovering: true });
    expect(refused(repairing, 3)).toEqual(['recovering']);
    const lagging = settled();
    for (let passed = 0; passed < 2100; passed += 100) {
      lagging.advance(100);
      fetches(lagging, 2, 3);
    }
    expect(refused(lagging, 3)).toEqual(['behind']);
    const alone = OneNode.leading({ voters: [1] });
    alone.forget();
    expect(refused(alone)).toEqual(['no-successor']);
    const busy = settled();
    busy.propose();
    transfer(busy, 2);
    busy.forget();
    expect(refused(busy, 3)).toEqual(['busy']);
  });
});
