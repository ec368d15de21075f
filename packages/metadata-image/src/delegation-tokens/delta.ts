import type { MetadataRecordValues } from '@quorate/records';
import type { ReplayContext } from '../store.js';

/** Replaces the token as a whole. */
export function replayDelegationToken({ store, at, sink }: ReplayContext, record: MetadataRecordValues['DelegationToken']): void {
  const { tokenId, owner, requester, issueTimestamp, maxTimestamp, expirationTimestamp } = record;
  const renewers = [...record.renewers];
  store.delegationTokens.put(tokenId, { tokenId, owner, requester, renewers, issueTimestamp, maxTimestamp, expirationTimestamp });
  sink?.({ kind: 'delegationTokenChanged', offset: at.offset, tokenId });
}

/** Drops the token, if there is one. */
export function replayRemoveDelegationToken(
  { store, at, sink }: ReplayContext,
  record: MetadataRecordValues['RemoveDelegationToken'],
): void {
  if (store.delegationTokens.get(record.tokenId) === undefined) return;
  store.delegationTokens.remove(record.tokenId);
  sink?.({ kind: 'delegationTokenRemoved', offset: at.offset, tokenId: record.tokenId });
}
