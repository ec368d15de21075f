import { describe, expect, it } from 'vitest';
import { refuseTopicConfigs } from './topic-config.js';

const refuse = (name: string, value: string | undefined) => refuseTopicConfigs([{ name, value }]);

describe('topic configs', () => {
  it.each([
    ['cleanup.policy', 'compact,delete'],
    ['cleanup.policy', 'compact, delete'],
    ['retention.ms', '-1'],
    ['retention.ms', '9223372036854775807'],
    ['retention.bytes', '-1'],
    ['min.insync.replicas', ' 2 '],
    ['min.cleanable.dirty.ratio', '0.5'],
    ['unclean.leader.election.enable', 'TRUE'],
    ['compression.type', 'zstd'],
    ['leader.replication.throttled.replicas', '0:101,1:102'],
    ['leader.replication.throttled.replicas', '*'],
    ['leader.replication.throttled.replicas', ''],
  ])('take %s=%s', (name, value) => {
    expect(refuse(name, value)).toBeUndefined();
  });

  it.each([
    ['an unknown name', 'retention.hours', '1', 'Unknown topic config name: retention.hours'],
    ['a null value', 'retention.ms', undefined, 'Null value not supported for topic config retention.ms.'],
    ['words for a number', 'retention.ms', 'a week', 'Invalid value a week for topic config retention.ms: expected an integer of at least -1.'],
    ['a fraction for an integer', 'flush.messages', '1.5', 'expected an integer of at least 1'],
    ['more than 64 bits', 'retention.ms', '9223372036854775808', 'expected an integer of at least -1'],
    ['more than 32 bits', 'max.message.bytes', '2147483648', 'expected an integer from 0 to 2147483647'],
    ['a number that is too low', 'min.insync.replicas', '0', 'expected an integer from 1 to 2147483647'],
    ['a ratio above one', 'min.cleanable.dirty.ratio', '1.1', 'expected a number from 0 to 1'],
    ['a boolean that is neither', 'preallocate', 'yes', 'expected true or false'],
    ['an unknown policy', 'cleanup.policy', 'compact,burn', 'expected a list of compact, delete'],
    ['an empty policy', 'cleanup.policy', '', 'expected a list of compact, delete'],
    ['an unknown compression', 'compression.type', 'rar', 'expected one of uncompressed'],
    ['an empty number', 'segment.ms', '', 'expected an integer of at least 1'],
    ['a malformed replica list', 'leader.replication.throttled.replicas', '0-101', 'expected *, none, or a list of partition:broker'],
    ['a value that no record can hold', 'cleanup.policy', 'é'.repeat(20_000), 'is longer than 32767 bytes'],
  ])('refuse %s', (_title, name, value, message) => {
    const refused = refuse(name, value);

    expect(refused?.error).toBe('INVALID_CONFIG');
    expect(refused?.message).toContain(message);
  });

  it('refuse one name given twice', () => {
    const twice = { name: 'retention.ms', value: '1' };

    expect(refuseTopicConfigs([twice, twice])?.message).toContain('given twice');
  });

  it.each([
    ['min.compaction.lag.ms', '10', 'max.compaction.lag.ms', '9'],
    ['local.retention.ms', '10', 'retention.ms', '9'],
    ['local.retention.bytes', '10', 'retention.bytes', '9'],
  ])('refuse %s=%s beside %s=%s', (name, value, otherName, otherValue) => {
    const refused = refuseTopicConfigs([
      { name, value },
      { name: otherName, value: otherValue },
    ]);

    expect(refused?.message).toContain('greater than');
  });

  it('take a local retention where the whole is unlimited', () => {
    const unlimited = refuseTopicConfigs([
      { name: 'retention.ms', value: '-1' },
      { name: 'local.retention.ms', value: '10' },
    ]);

    expect(unlimited).toBeUndefined();
  });
});
