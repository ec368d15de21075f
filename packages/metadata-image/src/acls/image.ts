import { uuidToBytes, type MetadataRecord, type Uuid } from '@quorate/records';
import type { RowDigest } from '../columns/row-digest.js';

/** One ACL; the codes are Kafka's. */
export interface AclRow {
  readonly id: Uuid;
  readonly resourceType: number;
  readonly resourceName: string;
  readonly patternType: number;
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}

export function digestAcl(digest: RowDigest, id: Uuid, acl: AclRow): void {
  digest.text(id).number(acl.resourceType).text(acl.resourceName).number(acl.patternType).text(acl.principal);
  digest.text(acl.host).number(acl.operation).number(acl.permissionType);
}

export function* aclRecords(acls: Iterable<AclRow>): Generator<MetadataRecord> {
  for (const acl of acls) yield { kind: 'AccessControlEntry', version: 0, value: { ...acl, id: uuidToBytes(acl.id) } };
}
