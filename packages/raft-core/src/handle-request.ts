import type { Epoch, Offset } from '@quorate/records';
import { assertNever } from './assert.js';
import { describeEvent, type CoreState } from './core-state.js';
import { handleDescribeQuorum } from './handle-describe-quorum.js';
import { handleFetch } from './handle-fetch.js';
import { handleFetchSnapshot } from './handle-fetch-snapshot.js';
import { handleBeginQuorumEpoch, handleEndQuorumEpoch } from './handle-quorum-epoch.js';
import { handleVote } from './handle-vote.js';
import { handleVoterChange } from './voter-change.js';
import { SUPPORTED_KRAFT_VERSIONS } from './voter-set.js';
import { RAFT_ERRORS } from './errors.js';
import type { Input, ReplyToken } from './input.js';
import type { ClusterIdentity, RaftErrorName, RaftRequest, RaftResponse } from './messages.js';

/** A peer asks. Nodes of another cluster, or of another history of ours, are refused before anything they say is heard. */
export function handleRequest(core: CoreState, input: Extract<Input, { kind: 'request' }>): void {
  const { token, request } = input;
  const foreign = identityError(core.config.cluster, request);
  if (foreign !== undefined) {
    describeEvent(core, 'warn', 'raft.request.foreign', { request: request.kind, error: foreign });
    core.outbox.emit({ kind: 'reply', token, response: refusal(core, request, foreign) });
    return;
  }
  dispatch(core, token, request, input.localChecksum);
}

function dispatch(core: CoreState, token: ReplyToken, request: RaftRequest, localChecksum: number | undefined): void {
  switch (request.kind) {
    case 'vote':
      return handleVote(core, token, request);
    case 'beginQuorumEpoch':
      return handleBeginQuorumEpoch(core, token, request);
    case 'endQuorumEpoch':
      return handleEndQuorumEpoch(core, token, request);
    case 'fetch':
      return handleFetch(core, token, request, localChecksum);
    case 'fetchSnapshot':
      return handleFetchSnapshot(core, token, request);
    case 'addRaftVoter':
    case 'removeRaftVoter':
    case 'updateRaftVoter':
      return handleVoterChange(core, token, request);
    case 'describeQuorum':
      return handleDescribeQuorum(core, token);
    default:
      return assertNever(request);
  }
}

function identityError(own: ClusterIdentity, theirs: ClusterIdentity): RaftErrorName | undefined {
  if (theirs.clusterId !== own.clusterId) return 'INCONSISTENT_CLUSTER_ID';
  return theirs.recoveryId === own.recoveryId ? undefined : 'INCONSISTENT_RECOVERY_ID';
}

/** Says the error and nothing else: our epoch and leader mean nothing to a stranger. */
function refusal(core: CoreState, request: RaftRequest, error: RaftErrorName): RaftResponse {
  const nothing = { error, leaderId: undefined, leaderEpoch: 0 as Epoch, leaderEndpoints: [] };
  switch (request.kind) {
    case 'vote':
      return { kind: 'vote', ...nothing, granted: false, refusal: undefined, lastEpoch: 0 as Epoch, endOffset: 0 as Offset };
    case 'beginQuorumEpoch':
      return { kind: 'beginQuorumEpoch', ...nothing };
    case 'endQuorumEpoch':
      return { kind: 'endQuorumEpoch', ...nothing };
    case 'fetch':
      return {
        kind: 'fetch', ...nothing, highWatermark: undefined, logStartOffset: 0 as Offset, diverging: undefined, snapshotId: undefined,
        batches: [], readRound: 0, feedPublishedOffset: undefined, feedKey: undefined,
      };
    case 'fetchSnapshot':
      return { kind: 'fetchSnapshot', ...nothing, snapshotId: request.snapshotId, size: 0, position: request.position, bytes: new Uint8Array(0), chainChecksum: 0 };
    case 'addRaftVoter':
    case 'removeRaftVoter':
    case 'updateRaftVoter':
      return { kind: request.kind, ...nothing, message: RAFT_ERRORS[error].message, endOffset: undefined };
    case 'describeQuorum':
      return {
        kind: 'describeQuorum', ...nothing, replica: core.self, kraftVersion: SUPPORTED_KRAFT_VERSIONS, highWatermark: undefined, logEndOffset: 0 as Offset,
        voters: [], committedVoters: [], replicas: [],
      };
    default:
      return assertNever(request);
  }
}
