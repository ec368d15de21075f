import { DIGEST_VERSION } from '@quorate/metadata-image';
import type { NodeId, Offset } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { ImageDigests, type DigestEvent } from './image-digests.js';

const id = (n: number): NodeId => n as NodeId;
const value = (n: number): Uint8Array => new Uint8Array(8).fill(n);
const at = (offset: number, n: number, version = DIGEST_VERSION) => ({ lastStableOffset: offset as Offset, version, value: value(n) });

/** Node 1 among so many voters; brokers have ids from 101. */
function watch(voterCount: number) {
  const events: DigestEvent[] = [];
  const digests = new ImageDigests({ selfId: id(1), voterIds: () => Array.from({ length: voterCount }, (_, n) => id(n + 1)), observe: (event) => events.push(event) });
  return { digests, events, kinds: () => events.map(({ kind }) => kind) };
}

describe('image digests that are compared', () => {
  it('raise no alarm while they agree, whichever side comes first', () => {
    const { digests, events } = watch(3);
    digests.own(10 as Offset, value(7));
    digests.heard(id(2), at(10, 7));
    digests.heard(id(3), at(20, 8));
    digests.own(20 as Offset, value(8));

    expect(events).toEqual([]);
  });

  it.each([
    ['a replica tells it after us', true],
    ['a replica is ahead of us', false],
  ])('raise one alarm when they differ at one offset: %s', (_when, ownFirst) => {
    const { digests, events } = watch(3);
    if (ownFirst) digests.own(10 as Offset, value(7));
    digests.heard(id(2), at(10, 9));
    if (!ownFirst) digests.own(10 as Offset, value(7));
    digests.heard(id(2), at(10, 9));

    expect(events).toEqual([{ kind: 'digestDiffers', replicaId: 2, offset: 10, theirs: value(9), ours: value(7) }]);
    expect(digests.differing).toBe(1);
  });

  it('say when they agree again', () => {
    const { digests, kinds } = watch(3);
    digests.own(10 as Offset, value(7));
    digests.own(11 as Offset, value(7));
    digests.heard(id(2), at(10, 9));
    digests.heard(id(2), at(11, 7));

    expect(kinds()).toEqual(['digestDiffers', 'digestAgrees']);
    expect(digests.differing).toBe(0);
  });

  it('are not compared at other offsets, nor in other versions', () => {
    const { digests, events } = watch(3);
    digests.own(10 as Offset, value(7));
    digests.heard(id(2), at(11, 9));
    digests.heard(id(3), at(10, 9, 99));

    expect(events).toEqual([]);
    expect(digests.isWrong(id(3), at(10, 9, 99))).toBe(false);
  });

  it('are forgotten with the leadership, and the alarm with them', () => {
    const { digests } = watch(3);
    digests.own(10 as Offset, value(7));
    digests.heard(id(2), at(10, 9));

    digests.stopListening();

    expect(digests.differing).toBe(0);
  });

  it('take a bounded number of offsets', () => {
    const { digests, events } = watch(3);
    for (let offset = 1; offset <= 5000; offset++) digests.own(offset as Offset, value(7));
    digests.heard(id(2), at(1, 9));

    expect(events).toEqual([]);
  });
});

describe('who is wrong', () => {
  it('is the voter against whom a majority agrees, it not counted', () => {
    const { digests } = watch(3);
    digests.own(10 as Offset, value(7));
    digests.heard(id(2), at(10, 7));
    digests.heard(id(3), at(10, 9));

    expect(digests.isWrong(id(3), at(10, 9))).toBe(true);
    expect(digests.isWrong(id(2), at(10, 7))).toBe(false);
  });

  it('is nobody while one of three has not spoken, or each says something else', () => {
    const { digests } = watch(3);
    digests.own(10 as Offset, value(7));
    digests.heard(id(3), at(10, 9));
    expect(digests.isWrong(id(3), at(10, 9))).toBe(false);

    digests.heard(id(2), at(10, 8));
    expect(digests.isWrong(id(3), at(10, 9))).toBe(false);
  });

  it('is nobody of two: no majority is left when one is not counted', () => {
    const { digests, kinds } = watch(2);
    digests.own(10 as Offset, value(7));
    digests.heard(id(2), at(10, 9));

    expect(digests.isWrong(id(2), at(10, 9))).toBe(false);
    expect(kinds()).toEqual(['digestDiffers']);
  });

  it('of five needs three others that agree', () => {
    const { digests } = watch(5);
    digests.own(10 as Offset, value(7));
    digests.heard(id(2), at(10, 7));
    digests.heard(id(5), at(10, 9));
    expect(digests.isWrong(id(5), at(10, 9))).toBe(false);

    digests.heard(id(3), at(10, 7));
    expect(digests.isWrong(id(5), at(10, 9))).toBe(true);
  });

  it('is ourselves when the others agree on another value', () => {
    const { digests, events } = watch(3);
    digests.own(10 as Offset, value(7));
    digests.heard(id(2), at(10, 9));
    expect(events).toHaveLength(1);

    digests.heard(id(3), at(10, 9));

    expect(events.at(-1)).toEqual({ kind: 'ownImageWrong', offset: 10, theirs: value(9), ours: value(7) });
    expect(digests.isWrong(id(2), at(10, 9))).toBe(false);
  });

  it('may be a broker or the gateway, which count towards no majority', () => {
    const { digests } = watch(3);
    digests.own(10 as Offset, value(7));
    digests.heard(id(101), at(10, 9));
    digests.heard(id(102), at(10, 9));
    expect(digests.isWrong(id(101), at(10, 9))).toBe(false);

    digests.heard(id(3), at(10, 7));
    for (const replica of [id(101), undefined]) expect(digests.isWrong(replica, at(10, 9))).toBe(true);
  });
});
