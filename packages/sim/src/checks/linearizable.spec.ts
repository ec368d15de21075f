import { describe, expect, it } from 'vitest';
import { Linearizable } from './linearizable.js';
import type { TopicCall } from '../history/topic-model.js';

const create: TopicCall = { kind: 'create', partitions: 1, validateOnly: false };
const look: TopicCall = { kind: 'describe' };

describe('Linearizable', () => {
  it('accepts what one service could have answered, each topic for itself', () => {
    const history = new Linearizable();
    const first = history.invoked('c0', 'a', create);
    const second = history.invoked('c1', 'b', look);
    history.answered(second, { error: 'UNKNOWN_TOPIC_OR_PARTITION' }, 3);
    history.answered(first, { error: 'NONE' }, 5);

    expect(history.check()).toBe(0);
    expect(history.size).toBe(2);
  });

  it('shows the order that was found and what has no place in it', () => {
    const history = new Linearizable();
    history.answered(history.invoked('c0', 'a', create), { error: 'NONE' }, 5);
    history.answered(history.invoked('c1', 'a', look), { error: 'UNKNOWN_TOPIC_OR_PARTITION' }, 5);

    expect(() => history.check()).toThrow(/linearizable: no order of the 2 operations on topic a .*c0 create a .*has no place for.*c1 describe a/s);
  });

  it('finds an answer of an older state than somebody was told of before', () => {
    const history = new Linearizable();
    history.answered(history.invoked('c0', 'a', create), { error: 'NONE' }, 5);
    const late = history.invoked('c1', 'b', create);

    expect(() => history.answered(late, { error: 'NONE' }, 4)).toThrow(/linearizable: .* at offset 4, after somebody was told of offset 5/);
  });

  it('lets a read of the past be older, though not older than the own write it names', () => {
    const history = new Linearizable();
    const own = history.invoked('c0', 'a', create);
    history.answered(own, { error: 'NONE' }, 5);
    history.answered(history.invoked('c1', 'b', create), { error: 'NONE' }, 9);
    history.answered(history.invoked('c2', 'a', look), { error: 'UNKNOWN_TOPIC_OR_PARTITION' }, 0, { from: 'past' });

    expect(history.check()).toBe(0);

    history.answered(history.invoked('c0', 'a', look), { error: 'UNKNOWN_TOPIC_OR_PARTITION' }, 5, { from: 'past', after: own });

    expect(() => history.check()).toThrow(/linearizable/);
  });
});
