import { leaderHint, voterSet, type CoreState } from './core-state.js';
import type { ReplyToken } from './input.js';
import type { ReplicaState } from './messages.js';
import { committedVoters, replicas, type ReplicaStatus } from './status.js';
import { SUPPORTED_KRAFT_VERSIONS } from './voter-set.js';

/** Says who this replica is and what it knows of the quorum; complete on the leader. */
export function handleDescribeQuorum(core: CoreState, token: ReplyToken): void {
  const { self, highWatermark, log } = core;
  core.outbox.emit({
    kind: 'reply',
    token,
    response: {
      kind: 'describeQuorum',
      error: 'NONE',
      ...leaderHint(core),
      replica: self,
      kraftVersion: SUPPORTED_KRAFT_VERSIONS,
      highWatermark,
      logEndOffset: log.endOffset,
      voters: voterSet(core).voters,
      committedVoters: committedVoters(core).voters,
      replicas: replicas(core).map((replica) => replicaState(core, replica)),
    },
  });
}

function replicaState({ nowMs }: CoreState, replica: ReplicaStatus): ReplicaState {
  const { id, directoryId, isVoter, logEndOffset, lastFetchMs, lastCaughtUpMs, recovering, endpoints } = replica;
  const age = (atMs: number | undefined): number | undefined => (atMs === undefined ? undefined : nowMs - atMs);
  return { key: { id, directoryId }, isVoter, logEndOffset, lastFetchAgeMs: age(lastFetchMs), lastCaughtUpAgeMs: age(lastCaughtUpMs), recovering, endpoints };
}
