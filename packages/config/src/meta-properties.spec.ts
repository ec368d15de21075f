import { describe, expect, it } from 'vitest';
import { ZERO_UUID, nodeId, parseUuid, type Uuid } from '@quorate/records';
import { parseMetaProperties, printMetaProperties } from './meta-properties.js';

const directoryId = 'EBESExQVFhcYGRobHB0eHw' as Uuid;
const kafka = `#\n#Sat Aug 01 10:00:00 UTC 2026\ncluster.id=MkU3OEVBNTcwNTJENDM2Qg\ndirectory.id=${directoryId}\nnode.id=1\nversion=1\n`;

describe('meta.properties', () => {
  it('is read as Kafka writes it, with a recovery id of zero', () => {
    expect(parseMetaProperties(kafka)).toEqual({ kind: 'ok', value: { clusterId: 'MkU3OEVBNTcwNTJENDM2Qg', nodeId: 1, directoryId, recoveryId: ZERO_UUID } });
  });

  it.each(['kafka-cluster-001', 'MkU3OEVBNTcwNTJENDM2Qg==', 'a+b/c', 'with spaces', ' leading and trailing ', 'a #b', 'a.b*c>d', 'a=b:c!d\\e', 'Größe 大', 'two\nlines'])(
    'keeps the cluster id "%s"',
    (clusterId) => {
      const meta = { clusterId, nodeId: nodeId(7), directoryId, recoveryId: parseUuid('ICEiIyQlJicoKSorLC0uLw')! };

      expect(parseMetaProperties(printMetaProperties(meta))).toEqual({ kind: 'ok', value: meta });
    },
  );

  it.each([
    ['version=1\n', 'version=0\n', 'version is 0'],
    ['version=1\n', '', 'version is missing'],
    ['cluster.id=MkU3OEVBNTcwNTJENDM2Qg\n', '', 'cluster.id is missing'],
    ['node.id=1\n', '', 'node.id: "" is no node id'],
    ['node.id=1\n', 'node.id=-1\n', 'node.id: "-1" is no node id'],
    [`directory.id=${directoryId}\n`, '', 'directory.id is ""'],
    [`directory.id=${directoryId}\n`, 'directory.id=abc\n', 'directory.id is "abc"'],
    ['node.id=1\n', 'node.id=1\nrecovery.id=abc\n', 'recovery.id is "abc"'],
    ['node.id=1\n', 'node.id=\\u1\n', 'line 5: a \\u escape needs four hexadecimal digits'],
  ])('with %j in place of %j is refused', (from, to, problem) => {
    expect(parseMetaProperties(kafka.replace(from, to))).toMatchObject({ kind: 'refused', problem });
  });
});
