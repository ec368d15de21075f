import type { Endpoint, RaftErrorName, RaftStatus, ReplicaStatus, VoterChangeResponse } from '@quorate/raft-core';
import type { RaftNode } from '@quorate/raft-node';
import type { NodeId, Uuid } from '@quorate/records';
import type { AddVoterRequest, AddVoterResponse, QuorumVoter, RemoveVoterRequest, RemoveVoterResponse } from '@quorate/records/gen/quorate/admin/v1/quorum';
import type { Listener } from '@quorate/records/gen/quorate/metadata/v1/metadata';
import { notController, RpcFailure, type LeaderBoard } from '@quorate/rpc';

/** What a voter change needs of this controller. */
export interface VoterChanging {
  readonly raft: Pick<RaftNode, 'status' | 'addVoter' | 'removeVoter'>;
  readonly leader: Pick<LeaderBoard, 'view'>;
  readonly requestTimeoutMs: number;
}

interface Target {
  readonly id: NodeId;
  readonly directoryId: Uuid;
  readonly endpoints: readonly Endpoint[];
}

/**
 * Makes a replica a voter on this controller, if it leads. Directory id and endpoints that the caller leaves out are those that
 * the observer itself has told in its fetches, so nobody has to look them up on its host.
 */
export async function addVoter({ raft, leader, requestTimeoutMs }: VoterChanging, request: AddVoterRequest, deadlineMs: number): Promise<AddVoterResponse> {
  const status = leading(raft.status(), leader);
  const target = newVoter(status, request);
  const leftMs = Math.max(1, Math.min(requestTimeoutMs, deadlineMs - performance.now(), request.timeoutMs === 0 ? Infinity : request.timeoutMs));
  const answer = await new Promise<VoterChangeResponse>((resolve) => {
    const { id, directoryId, endpoints } = target;
    raft.addVoter({ voter: { id, directoryId }, endpoints, timeoutMs: Math.trunc(leftMs), ackWhenCommitted: true, validateOnly: request.validateOnly }, resolve);
  });
  return { voter: quorumVoter(target), offset: offsetOrThrow(answer, leader) };
}

/** Takes a voter out on this controller, if it leads; also itself. */
export async function removeVoter({ raft, leader }: VoterChanging, { voterId, directoryId: said, validateOnly }: RemoveVoterRequest): Promise<RemoveVoterResponse> {
  const { voters } = leading(raft.status(), leader);
  const known = voters.find(({ id }) => id === voterId);
  if (known === undefined) throw refused('VOTER_NOT_FOUND', `no voter has node id ${voterId}; the voters are ${voters.map(({ id }) => id).join(', ')}`);
  const directoryId = said === '' ? known.directoryId : (said as Uuid);
  const answer = await new Promise<VoterChangeResponse>((resolve) => {
    raft.removeVoter({ voter: { id: known.id, directoryId }, validateOnly }, resolve);
  });
  return { voter: quorumVoter({ ...known, directoryId }), offset: offsetOrThrow(answer, leader) };
}

/** Who knows the observers is the leader alone. */
function leading(status: RaftStatus, leader: Pick<LeaderBoard, 'view'>): RaftStatus {
  if (status.role !== 'leader') throw notController(leader.view);
  return status;
}

function newVoter({ voters, replicas }: RaftStatus, request: AddVoterRequest): Target {
  const id = request.voterId as NodeId;
  const said = request.listeners.map(({ name, host, port }): Endpoint => ({ name, host, port }));
  const spares = replicas.filter((replica) => !replica.isVoter && replica.id === id && replica.endpoints.length > 0);
  if (request.directoryId !== '') {
    const directoryId = request.directoryId as Uuid;
    const spare = spares.find((replica) => replica.directoryId === directoryId);
    return { id, directoryId, endpoints: said.length > 0 ? said : (spare?.endpoints ?? []) };
  }
  const voter = voters.find((one) => one.id === id);
  if (voter !== undefined) {
    const another = spares.length === 0 ? '' : `; its other disk, ${spares.map(({ directoryId }) => directoryId).join(', ')}, can be added when that one is removed`;
    throw refused('DUPLICATE_VOTER', `node ${id} is a voter already, with directory id ${voter.directoryId}${another}`);
  }
  const spare = theOnly(spares, id);
  return { id, directoryId: spare.directoryId!, endpoints: said.length > 0 ? said : spare.endpoints };
}

/** A node that was wiped leaves the observer with its old disk in the list for a while: the one that fetched last is not asked for by chance. */
function theOnly(spares: readonly ReplicaStatus[], id: NodeId): ReplicaStatus {
  const [only, second] = spares;
  if (only === undefined) {
    throw refused('REQUEST_TIMED_OUT', `no controller with node id ${id} follows this quorum as an observer: start it (formatted with --no-initial-controllers), or look at its log`);
  }
  if (second !== undefined) {
    const list = spares.map(({ directoryId }) => directoryId).join(', ');
    throw refused('INVALID_REQUEST', `several observers have node id ${id}: name one of the directory ids ${list}`);
  }
  return only;
}

function offsetOrThrow(answer: VoterChangeResponse, leader: Pick<LeaderBoard, 'view'>): number {
  if (answer.error === 'NONE') return answer.endOffset ?? 0;
  const isInLog = answer.endOffset !== undefined;
  if (isInLog) {
    throw new RpcFailure({ reason: answer.error === 'REQUEST_TIMED_OUT' ? answer.error : 'OUTCOME_UNKNOWN', message: `${answer.message}; look at the voters before trying again`, metadata: { outcome: 'unknown' } });
  }
  if (answer.error === 'NOT_LEADER_OR_FOLLOWER' || answer.error === 'BROKER_NOT_AVAILABLE') throw notController(leader.view);
  throw refused(answer.error, answer.message);
}

function refused(reason: Exclude<RaftErrorName, 'NONE'>, message: string): RpcFailure {
  return new RpcFailure({ reason, message, metadata: { outcome: 'not_applied' } });
}

export function quorumVoter({ id, directoryId, endpoints }: Target): QuorumVoter {
  return { voterId: id, directoryId, listeners: endpoints.map(({ name, host, port }): Listener => ({ name, host, port, securityProtocol: 0 })) };
}
