import { uuidFromBytes, type MetadataRecordValues } from '@quorate/records';
import { requireThat } from '../errors.js';
import type { ReplayContext } from '../store.js';

/** Adds the entry; an id that is already taken is fatal. */
export function replayAccessControlEntry({ store, at, sink }: ReplayContext, record: MetadataRecordValues['AccessControlEntry']): void {
  const id = uuidFromBytes(record.id);
  requireThat(store.acls.get(id) === undefined, () => `there is an ACL with id ${id} already`);
  const { resourceType, resourceName, patternType, principal, host, operation, permissionType } = record;
  const acl = { id, resourceType, resourceName, patternType, principal, host, operation, permissionType };
  store.acls.put(id, acl);
  sink?.({ kind: 'aclCreated', offset: at.offset, acl });
}

/** Drops the entry; an unknown id is fatal. */
export function replayRemoveAccessControlEntry(
  { store, at, sink }: ReplayContext,
  record: MetadataRecordValues['RemoveAccessControlEntry'],
): void {
  const id = uuidFromBytes(record.id);
  const acl = store.acls.get(id);
  requireThat(acl !== undefined, () => `there is no ACL with id ${id}`);
  store.acls.remove(id);
  sink?.({ kind: 'aclDeleted', offset: at.offset, acl });
}
