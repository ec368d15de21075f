import type { Offset } from '@quorate/records';
import { leaderHint, type CoreState } from './core-state.js';
import type { ReplyToken } from './input.js';
import type { RaftErrorName, VoterChangeRequest } from './messages.js';
import type { VoterChange } from './role.js';

/** What became of a voter change. */
export interface ChangeVerdict {
  readonly error: RaftErrorName;
  /** Why, for people; empty when there is no error. */
  readonly message: string;
  readonly endOffset?: Offset | undefined;
}

/** End of the batch that holds a new voter set at that offset: nothing is behind it. */
export const endOf = (offset: Offset): Offset => (offset + 1) as Offset;

export function replyVoterChange(core: CoreState, token: ReplyToken, request: VoterChangeRequest, { error, message, endOffset }: ChangeVerdict): void {
  core.outbox.emit({ kind: 'reply', token, response: { kind: request.kind, error, message, ...leaderHint(core), endOffset } });
}

/** Leadership is gone. What is in the log may yet be committed by the next leader. */
export function abandonVoterChange(core: CoreState, change: VoterChange | undefined, reason: string): void {
  const endOffset = change?.phase.kind === 'appended' ? endOf(change.phase.offset) : undefined;
  answerVoterChange(core, change, { error: 'NOT_LEADER_OR_FOLLOWER', message: `this node no longer leads: ${reason}`, endOffset });
}

/** Answers whoever still waits for the change; each is answered once. */
export function answerVoterChange(core: CoreState, change: VoterChange | undefined, verdict: ChangeVerdict): void {
  if (change?.token === undefined) return;
  replyVoterChange(core, change.token, change.request, verdict);
  change.token = undefined;
}

/** The asker is gone. What it asked for goes on: the record may be in the log already. */
export function forgetVoterChangeAsker(core: CoreState, token: ReplyToken): void {
  const change = core.role.kind === 'leader' ? core.role.voterChange : undefined;
  if (change?.token === token) change.token = undefined;
}
