import type { MetadataRecord } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { uuidBytes } from '../test/random-records.js';
import { config, id, partition, registerBroker, replay, topic } from '../test/records.js';
import { describeTree, imageTree, type ImageNode, type Redaction } from './index.js';

const scram: MetadataRecord = {
  kind: 'UserScramCredential',
  version: 0,
  value: { name: 'alice', mechanism: 1, salt: new Uint8Array([1, 2]), storedKey: new Uint8Array(1), serverKey: new Uint8Array(1), iterations: 4096 },
};
const image = replay([
  { kind: 'FeatureLevel', version: 0, value: { name: 'metadata.version', featureLevel: 21 } },
  registerBroker(1, 5, { endpoints: [{ name: 'PLAINTEXT', host: 'h', port: 9092, securityProtocol: 0 }], rack: 'r1' }),
  topic('orders', 1),
  partition(1, 0, [1, 2], { isr: [1], directories: [uuidBytes(1), uuidBytes(2)] }),
  config(2, 'orders', 'retention.ms', '1000'),
  config(4, '', 'ssl.keystore.password', 'hush'),
  scram,
]);
const tree = (redaction: Redaction): ImageNode => imageTree(image, { redaction, isSensitive: (_, key) => key.includes('password') });
const at = (path: string, redaction: Redaction = 'disabled'): string | undefined =>
  path.split('/').reduce<ImageNode | undefined>((found, name) => found?.child(name), tree(redaction))?.text;

describe('the image as a tree', () => {
  it('has the paths of the metadata shell', () => {
    expect(at('features/metadataVersion')).toBe('21');
    expect(at('topics/byName/orders/id')).toBe(id(1));
    expect(at(`topics/byId/${id(1)}/name`)).toBe('orders');
    expect(at('topics/byName/orders/0')).toBe(
      `PartitionRegistration(replicas=[1, 2], directories=[${id(1)}, ${id(2)}], isr=[1], removingReplicas=[], addingReplicas=[], elr=[], lastKnownElr=[], leader=1, leaderRecoveryState=RECOVERED, leaderEpoch=0, partitionEpoch=0)`,
    );
    expect(at('cluster/brokers/1')).toContain('BrokerRegistration(id=1, epoch=5,');
    expect(at('cluster/brokers/1')).toContain('listeners=[PLAINTEXT://h:9092(PLAINTEXT)]');
    expect(at('configs/TOPIC:orders/retention.ms')).toBe('1000');
    expect(at('producerIds/nextProducerId')).toBe('0');
    expect(at('provenance')).toBe('MetadataProvenance(lastContainedOffset=6, lastContainedEpoch=1, lastContainedLogTimeMs=1006)');
  });

  it('has no node where nothing is', () => {
    expect(at('topics/byName/none')).toBeUndefined();
    expect(at('topics/byName/orders/7')).toBeUndefined();
    expect(at('topics/byId/not-an-id')).toBeUndefined();
  });

  it.each<[Redaction, string, string, string]>([
    ['disabled', '1000', 'hush', 'ScramCredentialData(salt=0102, iterations=4096)'],
    ['normal', '1000', '[redacted]', '[redacted]'],
    ['strict', '[redacted]', '[redacted]', '[redacted]'],
  ])('shows secrets as redaction %s says', (redaction, plain, sensitive, credential) => {
    expect(at('configs/TOPIC:orders/retention.ms', redaction)).toBe(plain);
    expect(at('configs/BROKER/ssl.keystore.password', redaction)).toBe(sensitive);
    expect(at('scram/SCRAM-SHA-256/alice', redaction)).toBe(credential);
  });

  it('prints as lines, two spaces a level', () => {
    const lines = [...describeTree(tree('normal'))];

    expect(lines.slice(0, 4)).toEqual([
      'image/',
      '  provenance: MetadataProvenance(lastContainedOffset=6, lastContainedEpoch=1, lastContainedLogTimeMs=1006)',
      '  features/',
      '    metadataVersion: 21',
    ]);
    expect(lines).toContain('      orders/');
    expect(lines.join()).not.toContain('hush');
  });
});
