import { RECORD_TYPE, type MetadataRecord, type MetadataRecordKind } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { uuidBytes } from '../test/random-records.js';
import { changesOf, replay } from '../test/records.js';
import { ReplayError } from './index.js';

const producerIds = (nextProducerId: number): MetadataRecord => ({ kind: 'ProducerIds', version: 0, value: { brokerId: 1, brokerEpoch: 1, nextProducerId } });
const aclValue = { resourceType: 2, resourceName: 't', patternType: 3, principal: 'User:a', host: '*', operation: 3, permissionType: 3 };
const acl = (n: number): MetadataRecord => ({ kind: 'AccessControlEntry', version: 0, value: { id: uuidBytes(n), ...aclValue } });
const removeAcl = (n: number): MetadataRecord => ({ kind: 'RemoveAccessControlEntry', version: 0, value: { id: uuidBytes(n) } });
const removeScram: MetadataRecord = { kind: 'RemoveUserScramCredential', version: 0, value: { name: 'u', mechanism: 1 } };
const removeToken: MetadataRecord = { kind: 'RemoveDelegationToken', version: 0, value: { tokenId: 'none' } };
const quota = (entity: [string, string?][], value: number, remove = false): MetadataRecord => ({
  kind: 'ClientQuota',
  version: 0,
  value: { entity: entity.map(([entityType, entityName]) => ({ entityType, entityName })), key: 'request_percentage', value, remove },
});

describe('replay', () => {
  it.each<MetadataRecord>([
    { kind: 'NoOp', version: 0, value: {} },
    { kind: 'ZkMigrationState', version: 0, value: { zkMigrationState: 1 } },
    { kind: 'BeginTransaction', version: 0, value: {} },
    { kind: 'EndTransaction', version: 0, value: {} },
    { kind: 'AbortTransaction', version: 0, value: {} },
  ])('of $kind changes nothing but the offset', (record) => {
    const image = replay([producerIds(1000)]);
    const before = image.digest();

    expect(changesOf(image, [record])).toEqual([]);
    expect(image.digest()).toEqual(before);
    expect(image.appliedOffset).toBe(2);
  });

  it('names kind, offset and reason of a record that does not fit', () => {
    expect(() => replay([producerIds(1000), producerIds(1000)])).toThrow(ReplayError);
    expect(() => replay([producerIds(1000), producerIds(1000)])).toThrow(
      'ProducerIds record at offset 1 (epoch 1) cannot be replayed: the next producer id would go from 1000 to 1000',
    );
  });

  it('names offset and type of a record that cannot be read', () => {
    const image = replay([producerIds(1000)]);
    const at = { offset: 1 as never, epoch: 1, wallMs: 0 };

    expect(() => image.applyRaw({ type: 6, version: 0, payload: new Uint8Array() }, at)).toThrow(/^type 6 record at offset 1 \(epoch 1\) cannot be replayed: unknown record type 6/);
    expect(() => image.applyRaw({ type: RECORD_TYPE.Partition, version: 3, payload: new Uint8Array() }, at)).toThrow(/^Partition record at offset 1 .* version 3/);
    expect(() => image.applyRaw({ type: RECORD_TYPE.Topic, version: 0, payload: new Uint8Array([7]) }, at)).toThrow(/^Topic record at offset 1 .* cannot be decoded/);
    expect(image.appliedOffset).toBe(1);
  });

  it('moves the next producer id on', () => {
    expect(replay([producerIds(1000), producerIds(2000)]).nextProducerId).toBe(2000);
  });

  it('is fatal for an ACL id that is taken, or unknown when removed', () => {
    expect(() => replay([acl(1), acl(1)])).toThrow(/there is an ACL/);
    expect(() => replay([removeAcl(1)])).toThrow(/there is no ACL/);
    expect([...replay([acl(1), removeAcl(1)]).store.acls.entries()]).toEqual([]);
  });

  it('is fatal for an unknown SCRAM credential, and not for an unknown token', () => {
    expect(() => replay([removeScram])).toThrow(/user "u" has no credential/);
    expect(() => replay([removeToken])).not.toThrow();
  });

  it('knows a quota entity whatever the order of its types, and its default from a name', () => {
    const image = replay([quota([['user', 'u'], ['client-id', 'c']], 1), quota([['client-id', 'c'], ['user', 'u']], 2), quota([['user']], 3)]);

    expect([...image.store.clientQuotas.entries()].map(([key, row]) => [key, row.quotas.get('request_percentage')])).toEqual([
      ['client-id="c",user="u"', 2],
      ['user=<default>', 3],
    ]);
    expect([...replay([quota([['user']], 3, true)], image).store.clientQuotas.entries()]).toHaveLength(1);
  });

  it('has a rule for each kind there is', () => {
    // The table in apply-record.ts does not compile otherwise; this counts what the random log leaves to the tests above.
    const kinds = Object.keys(RECORD_TYPE) as MetadataRecordKind[];

    expect(kinds).toHaveLength(27);
  });
});
