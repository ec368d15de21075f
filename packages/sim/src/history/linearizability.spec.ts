import { describe, expect, it } from 'vitest';
import { checkTopic } from './linearizability.js';
import type { TopicOperation } from './linearizability.js';
import type { TopicAnswer, TopicCall } from './topic-model.js';

const create: TopicCall = { kind: 'create', partitions: 1, validateOnly: false };
const remove: TopicCall = { kind: 'delete', validateOnly: false };
const look: TopicCall = { kind: 'describe' };
const done: TopicAnswer = { error: 'NONE' };
const exists: TopicAnswer = { error: 'TOPIC_ALREADY_EXISTS' };
const unknown: TopicAnswer = { error: 'UNKNOWN_TOPIC_OR_PARTITION' };

/** `from` and `to` are the moments of call and answer; no answer: nobody was told. */
function operation(from: number, to: number, call: TopicCall, answer?: TopicAnswer, rest: Partial<TopicOperation> = {}): TopicOperation {
  return { client: 'c0', call, invokedAt: from, answeredAt: answer === undefined ? Number.POSITIVE_INFINITY : to, answer, offset: undefined, after: undefined, ...rest };
}

const verdict = (...history: TopicOperation[]): string => checkTopic(history).kind;

describe('checkTopic', () => {
  it('accepts operations that follow each other and fit', () => {
    expect(verdict(operation(1, 2, create, done), operation(3, 4, create, exists), operation(5, 6, remove, done), operation(7, 8, look, unknown))).toBe('linearizable');
  });

  it('finds a read that does not see a write that was answered before it began', () => {
    expect(verdict(operation(1, 2, create, done), operation(3, 4, look, unknown))).toBe('not-linearizable');
  });

  it('lets two operations at one time have happened in either order', () => {
    expect(verdict(operation(1, 4, create, done), operation(2, 3, look, unknown))).toBe('linearizable');
    expect(verdict(operation(1, 4, create, done), operation(2, 3, look, done))).toBe('linearizable');
  });

  it('finds a write that is seen and then not seen any more', () => {
    expect(verdict(operation(1, 9, create, done), operation(2, 3, look, done), operation(4, 5, look, unknown))).toBe('not-linearizable');
  });

  it('finds that one creation was done twice', () => {
    expect(verdict(operation(1, 2, create, done), operation(3, 4, create, done))).toBe('not-linearizable');
  });

  it('lets an operation without an answer have happened, late or never', () => {
    const lost = operation(1, 0, create);

    expect(verdict(lost, operation(2, 3, look, unknown))).toBe('linearizable');
    expect(verdict(lost, operation(2, 3, look, unknown), operation(4, 5, look, done))).toBe('linearizable');
  });

  it('lets an operation without an answer happen once at most', () => {
    const lost = operation(1, 0, create);

    expect(verdict(lost, operation(2, 3, look, done), operation(4, 5, remove, done), operation(6, 7, look, done))).toBe('not-linearizable');
  });

  it('lets nothing happen before it was asked for', () => {
    expect(verdict(operation(1, 2, look, done), operation(3, 0, create))).toBe('not-linearizable');
  });

  it('lets a dry run change nothing, and holds it to what it says', () => {
    const dry = { ...create, validateOnly: true } as const;

    expect(verdict(operation(1, 2, dry, done), operation(3, 4, look, unknown))).toBe('linearizable');
    expect(verdict(operation(1, 2, dry, done), operation(3, 4, look, done))).toBe('not-linearizable');
    expect(verdict(operation(1, 2, create, done), operation(3, 4, dry, done))).toBe('not-linearizable');
  });

  it('holds partitions to what was asked for', () => {
    const grow: TopicCall = { kind: 'grow', total: 3 };
    const tooFew: TopicAnswer = { error: 'INVALID_PARTITIONS' };

    expect(verdict(operation(1, 2, create, done), operation(3, 4, grow, done), operation(5, 6, grow, tooFew), operation(7, 8, look, { ...done, partitions: 3 }))).toBe('linearizable');
    expect(verdict(operation(1, 2, create, done), operation(3, 4, grow, done), operation(5, 6, look, { ...done, partitions: 1 }))).toBe('not-linearizable');
    expect(verdict(operation(1, 2, create, done), operation(3, 4, grow, tooFew))).toBe('not-linearizable');
  });

  it('takes a topic of another id for another topic, and learns an id that nobody was told', () => {
    const lost = operation(1, 0, create);

    expect(verdict(operation(1, 2, create, { ...done, topicId: 'a' }), operation(3, 4, look, { ...done, topicId: 'b' }))).toBe('not-linearizable');
    expect(verdict(lost, operation(2, 3, look, { ...done, topicId: 'a' }), operation(4, 5, look, { ...done, topicId: 'a' }))).toBe('linearizable');
    expect(verdict(lost, operation(2, 3, look, { ...done, topicId: 'a' }), operation(4, 5, look, { ...done, topicId: 'b' }))).toBe('not-linearizable');
  });

  it('holds a read of an older state to the write it must come after', () => {
    const creation = operation(1, 2, create, done);
    const deletion = operation(3, 4, remove, done);

    expect(verdict(creation, deletion, operation(1, 6, look, done, { after: creation }))).toBe('linearizable');
    expect(verdict(creation, deletion, operation(3, 6, look, done, { after: deletion }))).toBe('not-linearizable');
  });

  it('takes refusals that speak of something else for no change', () => {
    expect(verdict(operation(1, 2, create, { error: 'INVALID_REPLICATION_FACTOR' }), operation(3, 4, look, unknown))).toBe('linearizable');
  });

  it('decides a long history with many operations at a time and many without an answer', () => {
    const history: TopicOperation[] = [];
    for (let round = 0; round < 60; round++) {
      const at = round * 10;
      history.push(operation(at, at + 6, create, done), operation(at + 1, at + 5, look, round % 2 === 0 ? unknown : done));
      history.push(operation(at + 7, at + 9, remove, done));
      if (round % 10 === 0) history.push(operation(at + 1, 0, create));
    }

    expect(verdict(...history)).toBe('linearizable');
    expect(verdict(...history, operation(1000, 1001, look, done), operation(1002, 1003, remove, unknown), operation(1004, 1005, look, done))).not.toBe('linearizable');
  });

  it('gives up, and says so, rather than to try orders for ever', () => {
    const crowd = Array.from({ length: 14 }, (_, index) => operation(index, 100 + index, index % 2 === 0 ? create : remove, done));

    expect(checkTopic([...crowd, operation(0, 200, look, { ...done, partitions: 7 })], 50).kind).toBe('undecided');
  });
});
