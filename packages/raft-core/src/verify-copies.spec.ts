import { describe, expect, test } from 'vitest';
import { at, batchesOf, beginRequest, fetchRequest, OneNode, voteRequest } from '../test/one-node.js';

const ALL = batchesOf([[1, 2], [1, 2], [1, 3]]);

/** Leads epoch 2; all but its own first batch is of epoch 1. */
const leader = () => OneNode.leading({ disk: { batches: ALL, election: { epoch: 1 as never, leaderId: undefined, votedKey: undefined } } });
const mismatch = (node: OneNode, more: object = {}) => {
  node.ask(fetchRequest({ from: 2, epoch: 2, offset: 7, lastEpoch: 1, checksum: ALL[2]!.checksum ^ 1, ...more }));
  return node.lastToken;
};
const verify = (node: OneNode) => node.host.verify(node.only('verifyLog').at(-1)!);

describe('a leader that is told of other bytes at the same offset and epoch', () => {
  test('reads its own copy first, and says CHAIN_MISMATCH when that is whole', () => {
    const node = leader();
    const token = mismatch(node);
    expect(node.only('verifyLog')).toHaveLength(1);
    expect(node.replies.get(token)).toBeUndefined();
    verify(node);

    expect(node.replies.get(token)).toMatchObject({ error: 'CHAIN_MISMATCH' });
    expect(node.status).toMatchObject({ role: 'leader', recovering: false });
  });

  test('answers all who have asked meanwhile, and reads once for them', () => {
    const node = leader();
    const tokens = [mismatch(node), mismatch(node, { from: 3 })];
    verify(node);

    expect(node.only('verifyLog')).toHaveLength(1);
    expect(tokens.map((token) => node.replies.get(token))).toMatchObject([{ error: 'CHAIN_MISMATCH' }, { error: 'CHAIN_MISMATCH' }]);
  });

  test('does not read again for a while what it has just found whole', () => {
    const node = leader();
    mismatch(node);
    verify(node);
    expect(node.replies.get(mismatch(node))).toMatchObject({ error: 'CHAIN_MISMATCH' });
    node.ask(fetchRequest({ from: 2, epoch: 2, offset: node.status.logEndOffset, lastEpoch: 2 }));
    for (let elapsed = 0; elapsed < 11_000; elapsed += 500) {
      node.ask(fetchRequest({ from: 3, epoch: 2, offset: node.status.logEndOffset, lastEpoch: 2 }));
      node.advance(500);
    }
    mismatch(node);

    expect(node.only('verifyLog')).toHaveLength(2);
  });

  test('gives its epoch up when its own copy is damaged, and repairs it from the next leader', () => {
    const node = leader();
    const token = mismatch(node);
    node.host.disk.damagedAt = at(2);
    verify(node);

    expect(node.replies.get(token)).toMatchObject({ error: 'NOT_LEADER_OR_FOLLOWER' });
    expect(node.status).toMatchObject({ role: 'resigned', recovering: true, logEndOffset: 2 });
    expect(node.host.disk.recovery).toEqual({ epoch: 2, endOffset: 10 });
    node.ask(beginRequest({ from: 2, epoch: 3 }));
    expect(node.open('fetch').at(-1)?.request).toMatchObject({ fetchOffset: 2, recovering: true });
    node.answer('fetch', { batches: [...ALL.slice(1), ...batchesOf([[3, 1]], ALL)] });

    expect(node.status).toMatchObject({ recovering: false, logEndOffset: 8 });
  });

  test('tells whoever waits to look elsewhere when it loses its epoch before it has read', () => {
    const node = leader();
    const token = mismatch(node);
    node.ask(beginRequest({ from: 3, epoch: 3 }));

    expect(node.replies.get(token)).toMatchObject({ error: 'NOT_LEADER_OR_FOLLOWER', leaderId: 3 });
    verify(node);
    expect(node.only('stop')).toHaveLength(0);
  });

  test('answers a reader at once: it has no copy that could be right', () => {
    const node = leader();

    expect(node.replies.get(mismatch(node, { from: 101, committedOnly: true }))).toMatchObject({ error: 'CHAIN_MISMATCH' });
    expect(node.only('verifyLog')).toHaveLength(0);
  });
});

describe('a follower that hears CHAIN_MISMATCH', () => {
  function told(): OneNode {
    const node = OneNode.following(2, 3);
    node.answer('fetch', { batches: ALL, highWatermark: at(7) });
    node.advance(0);
    node.forget();
    node.answer('fetch', { error: 'CHAIN_MISMATCH', leaderId: 2 as never });
    return node;
  }

  test('reads its own copy; meanwhile it does not fetch, nor stand, and it still votes', () => {
    const node = told();
    node.advance(5000);

    expect(node.only('verifyLog')).toMatchObject([{ endOffset: 7 }]);
    expect(node.open('fetch')).toHaveLength(0);
    expect(node.status.role).toBe('follower');
    expect(node.ask(voteRequest({ from: 3, epoch: 4, lastEpoch: 3, endOffset: 99 }))?.granted).toBe(true);
  });

  test('cuts what is damaged, below the high watermark if need be, after a note of it is on disk', () => {
    const node = told();
    node.host.disk.damagedAt = at(4);
    verify(node);

    expect(node.only('recoverLog')).toMatchObject([{ endOffset: 4, recovery: { epoch: 3, endOffset: 7 } }]);
    expect(node.status).toMatchObject({ logEndOffset: 4, highWatermark: 7, recovering: true });
    node.advance(600);
    expect(node.open('fetch').at(-1)?.request).toMatchObject({ fetchOffset: 4, recovering: true });
  });

  test('has repaired itself when it holds again what it had, and its high watermark goes on from where it was', () => {
    const node = told();
    node.host.disk.damagedAt = at(4);
    verify(node);
    node.advance(600);
    node.answer('fetch', { batches: ALL.slice(2), highWatermark: at(7) });

    expect(node.status).toMatchObject({ logEndOffset: 7, highWatermark: 7, recovering: false });
    expect(node.only('advanceHighWatermark')).toHaveLength(0);
  });

  test('asks once more when its own copy is whole as well, and stops, and says where, when it is told again', () => {
    const node = told();
    verify(node);
    expect(node.only('stop')).toHaveLength(0);
    node.advance(100);
    node.answer('fetch', { error: 'CHAIN_MISMATCH', leaderId: 2 as never });

    expect(node.only('stop')).toMatchObject([{ problem: expect.stringMatching(/leader 2 .* offset 7/) as string }]);
  });

  test('stops nobody when another leader has come meanwhile: its bytes may be the same', () => {
    const node = told();
    node.ask(beginRequest({ from: 3, epoch: 4 }));
    verify(node);

    expect(node.only('stop')).toHaveLength(0);
    node.advance(600);
    expect(node.open('fetch').at(-1)?.to).toBe(3);
  });

  test('stops nobody when the log start has moved meanwhile: the damage may be gone with what lay before it', () => {
    const node = told();
    node.host.disk.damagedAt = at(2);
    node.host.advanceLogStart(node.host.makeSnapshot(at(4))!);
    verify(node);

    expect(node.only('stop')).toHaveLength(0);
    node.advance(600);
    expect(node.open('fetch').at(-1)?.request).toMatchObject({ fetchOffset: 7 });
  });

  test('a result that a cut has overtaken is worth nothing', () => {
    const node = told();
    node.step({ kind: 'logVerified', endOffset: at(7), generation: 99, damagedAt: at(2), problem: 'rot' });

    expect(node.status.logEndOffset).toBe(7);
  });
});
