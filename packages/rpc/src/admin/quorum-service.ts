import { ElectionOutcome, type Election, type RemoveVoterRequest } from '@quorate/records/gen/quorate/admin/v1/quorum';
import type { Listener } from '@quorate/records/gen/quorate/metadata/v1/metadata';
import { FieldChecks } from '../field-checks.js';
import { invalidRequest } from '../rpc-failure.js';
import type { QuorumServiceService } from '../gen/quorate/admin/v1/quorum_service.js';
import type { HandlersOf } from '../server/handlers.js';
import { keyAfter, pageOf, pageSize } from './paging.js';
import type { QuorumAdmin } from './quorum-reader.js';

const PAGE = { defaultSize: 50, largestSize: 1000 };

/** Who leads, who is behind, why leadership moved; voters in and out. */
export function quorumServiceHandlers(quorum: QuorumAdmin): HandlersOf<typeof QuorumServiceService> {
  return {
    describeQuorum: (_request, context) => quorum.describe(context.deadlineMs),
    transferLeadership: (request, context) => {
      const checks = new FieldChecks();
      const successorId = request.successorId === undefined ? undefined : checks.nodeId('successor_id', request.successorId);
      checks.done();
      return quorum.transferLeadership({ successorId, validateOnly: request.validateOnly }, context.deadlineMs);
    },
    listElections: async (request, context) => {
      const checks = new FieldChecks();
      if (request.fromEpoch < 0) checks.refuse('from_epoch', `must be 0 or more, got ${request.fromEpoch}`);
      checks.done();
      const size = pageSize(request.pageSize, PAGE);
      const after = keyAfter('elections', request.pageToken);
      const { elections, unreachable } = await quorum.elections(context.deadlineMs);
      const wanted = elections.filter((election) => isWanted(election, request));
      const start = after === undefined ? 0 : wanted.findIndex((election) => keyOf(election) === after) + 1;
      // Beginning again instead would give a caller the same pages for ever.
      if (after !== undefined && start === 0) throw forgotten();
      const { items, nextPageToken } = pageOf('elections', wanted, keyOf, { start, end: wanted.length, size });
      return { elections: [...items], nextPageToken, unreachable: [...unreachable] };
    },
    addVoter: (request, context) => {
      checkVoter(request, request.listeners);
      return quorum.addVoter(request, context.deadlineMs);
    },
    removeVoter: (request, context) => {
      checkVoter(request, []);
      return quorum.removeVoter(request, context.deadlineMs);
    },
  };
}

function checkVoter({ voterId, directoryId }: Pick<RemoveVoterRequest, 'voterId' | 'directoryId'>, listeners: readonly Listener[]): void {
  const checks = new FieldChecks();
  if (voterId === undefined) checks.refuse('voter_id', 'must be given');
  else checks.nodeId('voter_id', voterId);
  if (directoryId !== '') checks.uuidText('directory_id', directoryId);
  for (const [index, { host, port }] of listeners.entries()) {
    if (host === '') checks.refuse(`listeners[${index}].host`, 'must not be empty');
    if (port < 1 || port > 65_535) checks.refuse(`listeners[${index}].port`, `must be from 1 to 65535, got ${port}`);
  }
  checks.done();
}

function isWanted(election: Election, { fromEpoch, wonOnly }: { readonly fromEpoch: number; readonly wonOnly: boolean }): boolean {
  return election.epoch >= fromEpoch && (!wonOnly || election.outcome === ElectionOutcome.ELECTION_OUTCOME_WON);
}

function forgotten(): Error {
  return invalidRequest([{ field: 'page_token', description: 'ends at an election that nobody reachable remembers, or that was not asked for: list again from the first page' }]);
}

function keyOf({ nodeId, epoch, attempt, startedAt }: Election): string {
  return `${startedAt?.seconds ?? 0}.${startedAt?.nanos ?? 0} ${nodeId} ${epoch} ${attempt}`;
}
