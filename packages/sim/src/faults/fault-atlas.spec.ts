import { describe, expect, it } from 'vitest';
import { FaultAtlas } from './fault-atlas.js';
import type { AtlasReplica } from './fault-atlas.js';

function replica(id: number, change: Partial<AtlasReplica> = {}): AtlasReplica {
  return { id, isUp: true, epoch: 5, isSettled: true, endOffset: 10, flushedEnd: 10, checksumAt: (endOffset) => 1000 + endOffset, ...change };
}

describe('FaultAtlas', () => {
  it('never lets half of the voters be lost', () => {
    for (const [voterCount, most] of [
      [1, 0],
      [2, 0],
      [3, 1],
      [4, 1],
      [5, 2],
    ] as const) {
      const atlas = new FaultAtlas(voterCount);
      const granted = [1, 2, 3, 4, 5].slice(0, voterCount).filter((id) => atlas.grantLoss(id));

      expect(granted).toHaveLength(most);
    }
  });

  it('lets the same replica be lost again', () => {
    const atlas = new FaultAtlas(3);

    expect([atlas.grantLoss(1), atlas.grantLoss(1), atlas.grantLoss(2)]).toEqual([true, true, false]);
  });

  it('lets a replica forget that nothing depends on', () => {
    expect(new FaultAtlas(3).grantForgetting(replica(3), [replica(1), replica(2)])).toBe(true);
    expect(new FaultAtlas(5).grantForgetting(replica(3), [replica(1), replica(2), replica(4), replica(5, { flushedEnd: 2 })])).toBe(true);
  });

  it('lets no replica forget what is not with a majority of the others', () => {
    expect(new FaultAtlas(1).grantForgetting(replica(1), [])).toBe(false);
    expect(new FaultAtlas(3).grantForgetting(replica(3), [replica(1), replica(2, { flushedEnd: 9 })])).toBe(false);
    expect(new FaultAtlas(3).grantForgetting(replica(3), [replica(1), replica(2, { checksumAt: () => 7 })])).toBe(false);
  });

  it('lets no replica forget a vote that somebody may still ask for', () => {
    for (const change of [{ isSettled: false }, { isUp: false }, { epoch: 4 }]) {
      expect(new FaultAtlas(5).grantForgetting(replica(3), [replica(1), replica(2), replica(4), replica(5, change)])).toBe(false);
    }
  });

  it('lets one voter be removed at a time, and nothing be lost until it is back', () => {
    const atlas = new FaultAtlas(3);
    expect(atlas.grantRemoval(1, 0)).toBe(true);
    expect([atlas.grantRemoval(2, 0), atlas.grantLoss(2), atlas.grantForgetting(replica(2), [replica(1), replica(3)])]).toEqual([false, false, false]);

    atlas.isBack(100);
    expect(atlas.grantLoss(2)).toBe(false);
    atlas.isBack(10_000);
    expect(atlas.grantLoss(2)).toBe(true);
    expect(atlas.grantRemoval(1, 10_000)).toBe(false);
    expect(new FaultAtlas(1).grantRemoval(1, 0)).toBe(false);
  });

  it('grants nothing else that loses anything while a replica is forgetful or lost', () => {
    const forgets = new FaultAtlas(5);
    forgets.grantForgetting(replica(3), [1, 2, 4, 5].map((id) => replica(id)));
    expect(forgets.grantLoss(1)).toBe(false);
    expect(forgets.grantForgetting(replica(4), [1, 2, 3, 5].map((id) => replica(id)))).toBe(false);

    const loses = new FaultAtlas(5);
    loses.grantLoss(1);
    expect(loses.grantForgetting(replica(3), [1, 2, 4, 5].map((id) => replica(id)))).toBe(false);

    forgets.caughtUp(3);
    expect(forgets.grantLoss(1)).toBe(true);
  });
});
