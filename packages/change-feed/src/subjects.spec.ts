import { describe, expect, it } from 'vitest';
import { encodeClusterToken, logSubject } from './subjects.js';

describe('subjects of the feed', () => {
  it.each(['a.b', 'a*', '>', 'a+b/c=', 'two words', '_x', '$SYS', 'кластер', '', 'a=2e'])('makes one safe token of the cluster id "%s"', (clusterId) => {
    const token = encodeClusterToken(clusterId);

    expect(token).toMatch(/^[A-Za-z0-9=-]+$/);
    expect(logSubject({ clusterId, recoveryId: undefined }).split('.')).toHaveLength(4);
  });

  it('gives different clusters different subjects', () => {
    const ids = ['a.b', 'a_b', 'a=2eb', 'a', 'b', ''];

    expect(new Set(ids.map(encodeClusterToken)).size).toBe(ids.length);
  });

  it('leaves the ids that Kafka makes readable', () => {
    expect(logSubject({ clusterId: 'kafka-cluster-001', recoveryId: undefined })).toBe('quorate.kafka-cluster-001.metadata.log');
  });

  it('parts a recovered cluster from its former self', () => {
    expect(logSubject({ clusterId: 'a', recoveryId: 'r1' })).not.toBe(logSubject({ clusterId: 'a', recoveryId: undefined }));
  });
});
