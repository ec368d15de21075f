import type { RaftStatus, TransferOutcome } from '@quorate/raft-core';
import type { Epoch, NodeId } from '@quorate/records';
import { LeaderBoard, type RpcFailure } from '@quorate/rpc';
import { describe, expect, it } from 'vitest';
import { transferLeadership } from './transfer-leadership.js';

const two = 2 as NodeId;

/** Node 1 leads epoch 4; the transfer ends as the test says. */
function setUp(outcome: TransferOutcome) {
  const hint = { leaderId: 1 as NodeId | undefined, leaderEpoch: 4 as Epoch, leaderEndpoints: [] };
  const board = new LeaderBoard(() => ({ nodeId: 1 as NodeId, hint, isActive: false, highWatermark: undefined }));
  const raft = { status: () => ({ nodeId: 1, epoch: 4 }) as unknown as RaftStatus, transferLeadership: (_to: unknown, done: (given: TransferOutcome) => void) => done(outcome) };
  const elect = (leaderId: NodeId, epoch: number): void => {
    Object.assign(hint, { leaderId, leaderEpoch: epoch });
    board.changed();
  };
  return { ask: (successorId: NodeId | undefined = two, withinMs = 5000) => transferLeadership({ raft, leader: board }, { successorId, validateOnly: false }, performance.now() + withinMs), elect };
}

const failureOf = (promise: Promise<unknown>): Promise<RpcFailure> => promise.then(() => Promise.reject(new Error('it did not fail')), (error: RpcFailure) => error);

describe('a transfer of leadership', () => {
  it('is answered when the next leader is known, whoever that is', async () => {
    const { ask, elect } = setUp({ kind: 'ended', successorId: two });
    const asked = ask();

    elect(3 as NodeId, 5);

    expect(await asked).toMatchObject({ previousLeaderId: 1, leaderId: 3, leaderEpoch: 5 });
  });

  it('says that nobody is known yet when the time is up', async () => {
    const { ask } = setUp({ kind: 'ended', successorId: two });

    expect(await failureOf(ask(two, 20))).toMatchObject({ reason: 'LEADER_NOT_AVAILABLE' });
  });

  it('to whoever leads already, and one that is only asked about, change nothing', async () => {
    expect(await setUp({ kind: 'leads-already' }).ask()).toEqual({ previousLeaderId: 1, leaderId: 1, leaderEpoch: 4, tookMs: 0 });
    expect(await setUp({ kind: 'possible', successorId: two }).ask()).toEqual({ previousLeaderId: 1, leaderId: 2, leaderEpoch: 4, tookMs: 0 });
  });

  it.each([
    ['not-a-voter', 'VOTER_NOT_FOUND', 'node 2 is not a voter'],
    ['behind', 'ELIGIBLE_LEADERS_NOT_AVAILABLE', 'node 2 has not held'],
    ['recovering', 'ELIGIBLE_LEADERS_NOT_AVAILABLE', 'repairs'],
    ['no-successor', 'ELIGIBLE_LEADERS_NOT_AVAILABLE', 'no other voter'],
    ['busy', 'LEADER_NOT_AVAILABLE', 'try again'],
  ] as const)('that is refused (%s) says why', async (reason, error, words) => {
    expect(await failureOf(setUp({ kind: 'refused', reason }).ask())).toMatchObject({ reason: error, message: expect.stringContaining(words) });
  });

  it('asked of a node that does not lead names the one that does', async () => {
    const { ask, elect } = setUp({ kind: 'refused', reason: 'not-leader' });
    elect(3 as NodeId, 5);

    expect(await failureOf(ask())).toMatchObject({ reason: 'NOT_CONTROLLER', metadata: { leader_id: '3' } });
  });

  it('that came to nothing says that the old leader leads on', async () => {
    expect(await failureOf(setUp({ kind: 'abandoned', successorId: two }).ask())).toMatchObject({ reason: 'REQUEST_TIMED_OUT', message: expect.stringContaining('node 1 leads on') });
  });
});
