import { Metadata, type ServiceError } from '@grpc/grpc-js';
import type { ControllerNode } from '@quorate/records/gen/quorate/admin/v1/cluster';
import type { AddVoterRequest, AddVoterResponse, DescribeQuorumResponse, Election, ListElectionsResponse, RemoveVoterRequest, RemoveVoterResponse, TransferLeadershipResponse } from '@quorate/records/gen/quorate/admin/v1/quorum';
import type { NodeId } from '@quorate/records';
import type { ControllerLink } from '../client/controller-link.js';
import type { LeaderTracker } from '../client/leader-tracker.js';
import { errorFromStatus } from '../error-from-status.js';
import { RpcFailure } from '../rpc-failure.js';
import { askLeader } from '../client/ask-leader.js';
import type { QuorumAdmin } from './quorum-reader.js';

/** A controller that does not answer for so long counts as unreachable. */
const PATIENCE_MS = 1000;
const ALL_ELECTIONS = 1000;
/** A controller that does not lead is asked again after this long, in milliseconds, if nobody else is known by then. */
const RETRY_MS = 20;

interface Answer<T> {
  readonly link: ControllerLink;
  readonly value: T | undefined;
  readonly problem: string;
}

/**
 * The quorum as the controllers tell it. Who leads is what the leader says of itself; a follower's word about somebody whom
 * nobody reaches is not passed on as the truth.
 */
export class RemoteQuorum implements QuorumAdmin {
  readonly #tracker: LeaderTracker;

  constructor(tracker: LeaderTracker) {
    this.#tracker = tracker;
  }

  async describe(deadlineMs: number): Promise<DescribeQuorumResponse> {
    const { leader } = this.#tracker;
    if (leader !== undefined) {
      const { value } = await ask(leader.link, deadlineMs, describeQuorum);
      if (value?.answeredByLeader === true) return { ...value, unreachable: this.#unreachable() };
    }
    const answers = await this.#askAll(deadlineMs, describeQuorum);
    const best = bestOf(answers.map(({ value }) => value));
    if (best === undefined) throw noController(answers);
    return { ...best, leaderId: best.answeredByLeader ? best.leaderId : undefined, unreachable: this.#unreachable() };
  }

  /** Asks whoever leads; one that turns out not to lead has done nothing, so the next one is asked. */
  async transferLeadership(to: { readonly successorId: NodeId | undefined; readonly validateOnly: boolean }, deadlineMs: number): Promise<TransferLeadershipResponse> {
    for (;;) {
      const { leader } = this.#tracker;
      const leftMs = deadlineMs - performance.now();
      if (leader === undefined || leftMs <= 0) {
        throw new RpcFailure({ reason: 'LEADER_NOT_AVAILABLE', message: `nobody leads as far as is known here (newest known epoch ${this.#tracker.knownEpoch}): nothing to transfer`, retryAfterMs: 100 });
      }
      const answer = await transfer(leader.link, to, Date.now() + leftMs);
      if (!(answer instanceof RpcFailure)) return answer;
      if (answer.reason !== 'NOT_CONTROLLER') throw answer;
      if (this.#tracker.leader === leader) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  async elections(deadlineMs: number): Promise<{ readonly elections: readonly Election[]; readonly unreachable: readonly number[] }> {
    const answers = await this.#askAll(deadlineMs, listElections);
    if (answers.every(({ value }) => value === undefined)) throw noController(answers);
    const elections = answers.flatMap(({ value }) => value?.elections ?? []).sort(newestFirst);
    const silent = answers.flatMap(({ link, value }) => (value === undefined && link.nodeId !== undefined ? [link.nodeId] : []));
    return { elections: withoutRepeats(elections), unreachable: [...new Set(silent)].sort((a, b) => a - b) };
  }

  async controllers(deadlineMs: number): Promise<readonly ControllerNode[]> {
    const answers = await this.#askAll(deadlineMs, describeQuorum);
    const best = bestOf(answers.map(({ value }) => value));
    if (best === undefined) throw noController(answers);
    return best.voters.map(({ replicaId, directoryId, listeners }): ControllerNode => {
      const own = answers.find(({ value }) => value?.answeredBy === replicaId)?.value;
      const problem = answers.find(({ link, value }) => value === undefined && link.nodeId === replicaId)?.problem;
      return {
        id: replicaId,
        directoryId,
        listeners,
        reachable: own !== undefined,
        role: own?.answeredAs ?? '',
        leaderEpoch: own?.leaderEpoch ?? 0,
        leaderId: own?.leaderId,
        logEndOffset: own?.logEndOffset ?? 0,
        highWatermark: own?.highWatermark ?? 0,
        problem: own === undefined ? (problem ?? 'it has not answered yet') : '',
      };
    });
  }

  addVoter(request: AddVoterRequest, deadlineMs: number): Promise<AddVoterResponse> {
    return askLeader(this.#tracker, deadlineMs, ({ quorum }, deadline, done) => quorum.addVoter(request, new Metadata(), { deadline }, done));
  }

  removeVoter(request: RemoveVoterRequest, deadlineMs: number): Promise<RemoveVoterResponse> {
    return askLeader(this.#tracker, deadlineMs, ({ quorum }, deadline, done) => quorum.removeVoter(request, new Metadata(), { deadline }, done));
  }

  /** Controllers that we have known and do not reach now. */
  #unreachable(): number[] {
    const ids = this.#tracker.links.flatMap(({ view, nodeId }) => (view === undefined && nodeId !== undefined ? [nodeId] : []));
    return [...new Set<number>(ids)].sort((a, b) => a - b);
  }

  #askAll<T>(deadlineMs: number, method: Method<T>): Promise<readonly Answer<T>[]> {
    return Promise.all(this.#tracker.links.map((link) => ask(link, deadlineMs, method)));
  }
}

function transfer(link: ControllerLink, { successorId, validateOnly }: { readonly successorId: NodeId | undefined; readonly validateOnly: boolean }, deadline: number): Promise<TransferLeadershipResponse | RpcFailure> {
  return new Promise((resolve) => {
    link.quorum.transferLeadership({ successorId, validateOnly }, new Metadata(), { deadline }, (error, value) => resolve(error === null ? value : errorFromStatus(error)));
  });
}

type Method<T> = (link: ControllerLink, deadline: number, done: (error: ServiceError | null, value: T) => void) => void;

const describeQuorum: Method<DescribeQuorumResponse> = (link, deadline, done) => link.quorum.describeQuorum({}, new Metadata(), { deadline }, done);
const listElections: Method<ListElectionsResponse> = (link, deadline, done) =>
  link.quorum.listElections({ pageSize: ALL_ELECTIONS, pageToken: '', fromEpoch: 0, wonOnly: false }, new Metadata(), { deadline }, done);

function ask<T>(link: ControllerLink, deadlineMs: number, method: Method<T>): Promise<Answer<T>> {
  const leftMs = Math.max(1, Math.min(PATIENCE_MS, (deadlineMs - performance.now()) * 0.8));
  return new Promise((resolve) => {
    method(link, Date.now() + leftMs, (error, value) => {
      resolve(error === null ? { link, value, problem: '' } : { link, value: undefined, problem: errorFromStatus(error).message });
    });
  });
}

/** The leader's own answer of the newest epoch, else the answer of whoever knows the newest epoch. */
function bestOf(answers: readonly (DescribeQuorumResponse | undefined)[]): DescribeQuorumResponse | undefined {
  const rank = (answer: DescribeQuorumResponse): number => answer.leaderEpoch * 2 + (answer.answeredByLeader ? 1 : 0);
  return answers.reduce((best, answer) => (answer !== undefined && (best === undefined || rank(answer) > rank(best)) ? answer : best), undefined);
}

function newestFirst(a: Election, b: Election): number {
  return at(b) - at(a) || b.epoch - a.epoch || b.attempt - a.attempt;
}

function at({ startedAt }: Election): number {
  return (startedAt?.seconds ?? 0) * 1000 + (startedAt?.nanos ?? 0) / 1e6;
}

/** A controller that is known under two addresses tells its elections twice. */
function withoutRepeats(elections: readonly Election[]): readonly Election[] {
  const seen = new Set<string>();
  return elections.filter((election) => {
    const key = `${election.nodeId} ${election.epoch} ${election.attempt} ${at(election)}`;
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}

function noController(answers: readonly Answer<unknown>[]): RpcFailure {
  const tried = answers.map(({ link, problem }) => `${link.endpoint.host}:${link.endpoint.port} (${problem})`).join(', ');
  return new RpcFailure({ reason: 'LEADER_NOT_AVAILABLE', message: `no controller answers; tried ${tried}`, retryAfterMs: 100 });
}
