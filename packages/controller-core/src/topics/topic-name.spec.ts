import { describe, expect, it } from 'vitest';
import { refuseTopicName } from './topic-name.js';

describe('a topic name', () => {
  it.each(['a', 'A-z_0.9', '...', '-x', 'x'.repeat(249), '__consumer_offsets'])('may be %s', (name) => {
    expect(refuseTopicName(name)).toBeUndefined();
  });

  it.each([
    ['empty', ''],
    ['one dot', '.'],
    ['two dots', '..'],
    ['250 characters long', 'x'.repeat(250)],
    ['with a space', 'a b'],
    ['with a slash', 'a/b'],
    ['with letters outside of ASCII', 'thème'],
    ['with a line break at the end', 'a\n'],
    ['that of the metadata log', '__cluster_metadata'],
  ])('may not be %s', (_title, name) => {
    expect(refuseTopicName(name)?.error).toBe('INVALID_TOPIC_EXCEPTION');
  });
});
