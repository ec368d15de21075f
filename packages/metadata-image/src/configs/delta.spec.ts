import { describe, expect, it } from 'vitest';
import { changesOf, config, replay } from '../../test/records.js';

describe('a config record', () => {
  it('sets a key and, without a value, removes it', () => {
    const image = replay([config(2, 't', 'a', '1'), config(2, 't', 'b', '2'), config(2, 't', 'a')]);

    expect(Object.fromEntries(image.config(2, 't'))).toEqual({ b: '2' });
  });

  it('keeps an empty value, which is a value', () => {
    expect(replay([config(2, 't', 'a', '')]).config(2, 't').get('a')).toBe('');
  });

  it('keeps keys that nobody knows (KAFKA-19851)', () => {
    expect(replay([config(4, '', 'from.the.future', 'x')]).config(4, '').get('from.the.future')).toBe('x');
  });

  it('forgets a resource without keys, and may remove what is not there', () => {
    expect([...replay([config(2, 't', 'a', '1'), config(2, 't', 'a'), config(2, 't', 'a')]).configResources()]).toEqual([]);
  });

  it('does not change a map that was handed out', () => {
    const image = replay([config(2, 't', 'a', '1')]);
    const read = image.config(2, 't');
    replay([config(2, 't', 'a', '2')], image);

    expect(read.get('a')).toBe('1');
  });

  it('tells the value before and after', () => {
    const changes = changesOf(replay([config(2, 't', 'a', '1')]), [config(2, 't', 'a', '2')]);

    expect(changes).toEqual([{ kind: 'configChanged', offset: 1, resourceType: 2, resourceName: 't', name: 'a', before: '1', after: '2' }]);
  });
});
