import type { Epoch, Offset } from '@quorate/records';
import { leaderHint, type CoreState } from './core-state.js';
import type { ReplyToken } from './input.js';
import type { FetchResponse, RaftErrorName } from './messages.js';
import type { ParkedFetch, ParkedFetches } from './parked-fetches.js';
import type { LeaderRole } from './role.js';

type FetchAnswer = Omit<FetchResponse, 'batches' | 'feedPublishedOffset' | 'feedKey'>;

/** A Fetch answer without data, as every one begins. */
function answer(core: CoreState, error: RaftErrorName): FetchAnswer {
  return {
    kind: 'fetch',
    error,
    ...leaderHint(core),
    highWatermark: core.role.kind === 'leader' ? core.role.highWatermark : undefined,
    logStartOffset: core.log.startOffset,
    diverging: undefined,
    snapshotId: undefined,
    readRound: core.role.kind === 'leader' ? core.role.readRound : 0,
  };
}

function reply(core: CoreState, token: ReplyToken, fetchAnswer: FetchAnswer): void {
  core.outbox.emit({ kind: 'reply', token, response: { ...fetchAnswer, batches: [], feedPublishedOffset: undefined, feedKey: undefined } });
}

export function refuseFetch(core: CoreState, token: ReplyToken, error: RaftErrorName): void {
  reply(core, token, answer(core, error));
}

export function replyDiverging(core: CoreState, token: ReplyToken, diverging: { readonly epoch: Epoch; readonly endOffset: Offset }): void {
  reply(core, token, { ...answer(core, 'NONE'), diverging });
}

export function replySnapshot(core: CoreState, token: ReplyToken, snapshotId: { readonly endOffset: Offset; readonly epoch: Epoch }): void {
  reply(core, token, { ...answer(core, 'NONE'), snapshotId });
}

/** Answers a valid Fetch with what there is for it now, which may be nothing. */
export function replyData(core: CoreState, role: LeaderRole, fetch: ParkedFetch): void {
  const { startOffset, latestSnapshot } = core.log;
  // What it waits behind has gone meanwhile.
  if (fetch.fetchOffset < startOffset && latestSnapshot !== undefined) return replySnapshot(core, fetch.token, latestSnapshot);
  const end = readableEnd(core, role, fetch);
  const upTo = end > fetch.fetchOffset ? end : fetch.fetchOffset;
  core.outbox.emit({ kind: 'replyFetch', token: fetch.token, from: fetch.fetchOffset, upTo, maxBytes: fetch.maxBytes, response: answer(core, 'NONE') });
}

/** Up to where the asker may read: a voter up to the log's end, everyone else what is committed. */
export function readableEnd(core: CoreState, role: LeaderRole, fetch: { readonly isVoter: boolean; readonly fetchOffset: Offset }): Offset {
  return fetch.isVoter ? core.log.endOffset : (role.highWatermark ?? fetch.fetchOffset);
}

/** Leadership has ended: all that waits is told to look elsewhere. */
export function refuseParked(core: CoreState, parked: ParkedFetches): void {
  for (const fetch of parked.takeWhere(() => true)) refuseFetch(core, fetch.token, 'NOT_LEADER_OR_FOLLOWER');
}
