import type { RaftStatus, VoterChangeResponse } from '@quorate/raft-core';
import type { Epoch, NodeId, Uuid } from '@quorate/records';
import { RpcFailure, type LeaderView } from '@quorate/rpc';
import { describe, expect, it } from 'vitest';
import { addVoter, removeVoter, type VoterChanging } from './voter-changes.js';

const DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAZA' as Uuid;
const OTHER = 'AAAAAAAAAAAAAAAAAAAAZQ' as Uuid;
const at = (id: number) => [{ name: 'CONTROLLER', host: 'h', port: 9000 + id }];
const voter = (id: number) => ({ id: id as NodeId, directoryId: DIRECTORY, endpoints: at(id), kraftVersion: { min: 0, max: 1 } });
const spare = (id: number, directoryId = DIRECTORY, endpoints = at(id)) => ({ id: id as NodeId, directoryId, isVoter: false, endpoints });
const add = { voterId: 4, directoryId: '', listeners: [], timeoutMs: 0, validateOnly: false };
const remove = { voterId: 3, directoryId: '', validateOnly: false };
const LATER = Infinity;

function controller(status: Partial<Record<keyof RaftStatus, unknown>> = {}, answer: Partial<VoterChangeResponse> = {}) {
  const asked: unknown[] = [];
  const full = { role: 'leader', voters: [voter(1), voter(2), voter(3)], replicas: [], ...status } as unknown as RaftStatus;
  const respond = (change: unknown, done: (answer: VoterChangeResponse) => void): void => {
    asked.push(change);
    done({ kind: 'addRaftVoter', error: 'NONE', message: '', leaderId: 1 as NodeId, leaderEpoch: 3 as Epoch, leaderEndpoints: [], endOffset: 40, ...answer } as VoterChangeResponse);
  };
  const view: LeaderView = { nodeId: 1 as NodeId, hint: { leaderId: 2 as NodeId, leaderEpoch: 3 as Epoch, leaderEndpoints: at(2) }, isActive: false, highWatermark: undefined };
  const changing: VoterChanging = { raft: { status: () => full, addVoter: respond, removeVoter: respond }, leader: { view }, requestTimeoutMs: 2000 };
  return { changing, asked };
}

async function refusalOf(run: Promise<unknown>): Promise<RpcFailure> {
  return run.then(() => { throw new Error('it was not refused'); }, (error: unknown) => {
    if (error instanceof RpcFailure) return error;
    throw error;
  });
}

describe('adding by id alone', () => {
  it('takes directory id and endpoints from what the observer says of itself', async () => {
    const { changing, asked } = controller({ replicas: [spare(4), spare(5, OTHER)] });

    expect(await addVoter(changing, add, LATER)).toMatchObject({ voter: { voterId: 4, directoryId: DIRECTORY, listeners: [{ host: 'h', port: 9004 }] }, offset: 40 });
    expect(asked).toEqual([{ voter: { id: 4, directoryId: DIRECTORY }, endpoints: at(4), timeoutMs: 2000, ackWhenCommitted: true, validateOnly: false }]);
  });

  it('waits no longer than the caller, nor than the request timeout', async () => {
    const { changing, asked } = controller({ replicas: [spare(4)] });

    await addVoter(changing, { ...add, timeoutMs: 700 }, LATER);
    await addVoter(changing, { ...add, timeoutMs: 7000 }, LATER);

    expect(asked).toMatchObject([{ timeoutMs: 700 }, { timeoutMs: 2000 }]);
  });

  it('refuses a node that does not follow, and a broker', async () => {
    const { changing } = controller({ replicas: [spare(5), spare(4, DIRECTORY, [])] });

    expect(await refusalOf(addVoter(changing, add, LATER))).toMatchObject({ reason: 'REQUEST_TIMED_OUT', metadata: { outcome: 'not_applied' } });
  });

  it('refuses to choose between two disks of one node, and takes the one that is named', async () => {
    const { changing, asked } = controller({ replicas: [spare(4), spare(4, OTHER)] });

    expect(await refusalOf(addVoter(changing, add, LATER))).toMatchObject({ reason: 'INVALID_REQUEST', message: expect.stringContaining(OTHER) });
    await addVoter(changing, { ...add, directoryId: OTHER }, LATER);
    expect(asked).toMatchObject([{ voter: { directoryId: OTHER }, endpoints: at(4) }]);
  });

  it('says that a voter must go before its new disk can come', async () => {
    const { changing } = controller({ replicas: [spare(3, OTHER)] });

    expect(await refusalOf(addVoter(changing, { ...add, voterId: 3 }, LATER))).toMatchObject({ reason: 'DUPLICATE_VOTER', message: expect.stringContaining(OTHER) });
  });
});

describe('removing by id alone', () => {
  it('takes the directory id from the voter set', async () => {
    const { changing, asked } = controller();

    expect(await removeVoter(changing, remove)).toMatchObject({ voter: { voterId: 3, directoryId: DIRECTORY }, offset: 40 });
    expect(asked).toEqual([{ voter: { id: 3, directoryId: DIRECTORY }, validateOnly: false }]);
  });

  it('refuses who is no voter', async () => {
    expect(await refusalOf(removeVoter(controller().changing, { ...remove, voterId: 9 }))).toMatchObject({ reason: 'VOTER_NOT_FOUND', message: expect.stringContaining('1, 2, 3') });
  });
});

describe('a controller that cannot say', () => {
  it('names the leader when it does not lead', async () => {
    expect(await refusalOf(removeVoter(controller({ role: 'follower' }).changing, remove))).toMatchObject({ reason: 'NOT_CONTROLLER', metadata: { leader_id: '2', endpoint: 'h:9002' } });
    expect(await refusalOf(removeVoter(controller({}, { error: 'NOT_LEADER_OR_FOLLOWER', endOffset: undefined }).changing, remove))).toMatchObject({ reason: 'NOT_CONTROLLER' });
  });

  it('says that the change may have happened when it is in the log', async () => {
    const late = { error: 'REQUEST_TIMED_OUT', message: 'late' } as const;

    expect(await refusalOf(removeVoter(controller({}, late).changing, remove))).toMatchObject({ reason: 'REQUEST_TIMED_OUT', metadata: { outcome: 'unknown' } });
    expect(await refusalOf(removeVoter(controller({}, { ...late, endOffset: undefined }).changing, remove))).toMatchObject({ metadata: { outcome: 'not_applied' } });
    expect(await refusalOf(removeVoter(controller({}, { error: 'NOT_LEADER_OR_FOLLOWER' }).changing, remove))).toMatchObject({ reason: 'OUTCOME_UNKNOWN', metadata: { outcome: 'unknown' } });
  });
});
