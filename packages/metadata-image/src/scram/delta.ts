import { copyBytes, type MetadataRecordValues } from '@quorate/records';
import { requireThat } from '../errors.js';
import type { ReplayContext } from '../store.js';
import { scramKey } from './image.js';

/** Replaces the credential of (user, mechanism). The record's bytes are borrowed, hence the copies. */
export function replayUserScramCredential({ store, at, sink }: ReplayContext, record: MetadataRecordValues['UserScramCredential']): void {
  const { name: user, mechanism, iterations } = record;
  store.scram.put(scramKey(user, mechanism), {
    user,
    mechanism,
    salt: copyBytes(record.salt),
    storedKey: copyBytes(record.storedKey),
    serverKey: copyBytes(record.serverKey),
    iterations,
  });
  sink?.({ kind: 'scramCredentialChanged', offset: at.offset, user, mechanism });
}

/** Drops the credential; an unknown one is fatal. */
export function replayRemoveUserScramCredential(
  { store, at, sink }: ReplayContext,
  record: MetadataRecordValues['RemoveUserScramCredential'],
): void {
  const { name: user, mechanism } = record;
  const key = scramKey(user, mechanism);
  requireThat(store.scram.get(key) !== undefined, () => `user ${JSON.stringify(user)} has no credential for mechanism ${mechanism}`);
  store.scram.remove(key);
  sink?.({ kind: 'scramCredentialRemoved', offset: at.offset, user, mechanism });
}
