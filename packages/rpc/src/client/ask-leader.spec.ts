import { status, type ServiceError } from '@grpc/grpc-js';
import type { Epoch, NodeId } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { RpcFailure } from '../rpc-failure.js';
import { statusFromError } from '../status-from-error.js';
import { askLeader, type LeaderCall } from './ask-leader.js';
import type { ActiveLeader, LeaderTracker } from './leader-tracker.js';

const leader = (nodeId: number): ActiveLeader => ({ nodeId: nodeId as NodeId, epoch: 1 as Epoch, link: { nodeId } as unknown as ActiveLeader['link'] });

/** A tracker that a test moves by hand. */
class Tracker {
  leader: ActiveLeader | undefined;
  #listeners = new Set<() => void>();
  constructor(now?: number) {
    this.leader = now === undefined ? undefined : leader(now);
  }
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
  elect(nodeId: number): void {
    this.leader = leader(nodeId);
    for (const listener of [...this.#listeners]) listener();
  }
  get watched(): boolean {
    return this.#listeners.size > 0;
  }
}

const ask = <T>(tracker: Tracker, call: LeaderCall<T>, withinMs = 5000): Promise<T> => askLeader(tracker as unknown as LeaderTracker, performance.now() + withinMs, call);
const failing = (failure: RpcFailure): ServiceError => Object.assign(new Error(failure.message), statusFromError(failure)) as unknown as ServiceError;

describe('asking the leader', () => {
  it('waits until somebody leads', async () => {
    const tracker = new Tracker();
    const answer = ask<string>(tracker, (link, _deadline, done) => done(null, `by ${link.nodeId}`));
    tracker.elect(2);

    expect(await answer).toBe('by 2');
    expect(tracker.watched).toBe(false);
  });

  it('follows when the one that was asked no longer leads', async () => {
    const tracker = new Tracker(1);
    const asked: unknown[] = [];
    const answer = await ask<string>(tracker, (link, _deadline, done) => {
      asked.push(link.nodeId);
      if (link.nodeId !== 1) return done(null, 'done');
      tracker.elect(2);
      return done(failing(new RpcFailure({ reason: 'NOT_CONTROLLER', message: 'not me' })), '');
    });

    expect(answer).toBe('done');
    expect(asked).toEqual([1, 2]);
  });

  it('asks nobody twice when the connection broke: it may have been done', async () => {
    let asked = 0;
    const answer = ask<string>(new Tracker(1), (_link, _deadline, done) => {
      asked += 1;
      done(Object.assign(new Error('gone'), { code: status.UNAVAILABLE, details: 'gone' }) as unknown as ServiceError, '');
    });

    await expect(answer).rejects.toMatchObject({ reason: 'OUTCOME_UNKNOWN', metadata: { outcome: 'unknown' } });
    expect(asked).toBe(1);
  });

  it('passes a refusal on as it is', async () => {
    const answer = ask<string>(new Tracker(1), (_link, _deadline, done) => done(failing(new RpcFailure({ reason: 'DUPLICATE_VOTER', message: 'node 4 is a voter already' })), ''));

    await expect(answer).rejects.toMatchObject({ reason: 'DUPLICATE_VOTER', message: 'node 4 is a voter already' });
  });

  it('gives up at the deadline when nobody leads', async () => {
    await expect(ask<string>(new Tracker(), () => undefined, 0)).rejects.toMatchObject({ reason: 'LEADER_NOT_AVAILABLE' });
  });
});
