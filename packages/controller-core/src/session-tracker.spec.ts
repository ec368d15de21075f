import type { BrokerEpoch, Offset } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { node } from '../test/world.js';
import { SessionTracker } from './session-tracker.js';

const EPOCH = 5 as BrokerEpoch;
const AT = { endOffset: 40 as Offset, nowMs: 1_000 };

function trackerWith(...ids: number[]): SessionTracker {
  const tracker = new SessionTracker(9_000);
  for (const id of ids) {
    tracker.registered(node(id), { epoch: EPOCH, fenced: true }, 1_000);
    tracker.fencedChanged(node(id), false, 1_000);
  }
  return tracker;
}

describe('a session', () => {
  it.each([
    ['at the contact itself', 1_000, true],
    ['one millisecond before the timeout', 9_999, true],
    ['at the timeout', 10_000, false],
    ['after a clock that went backwards', 0, true],
  ])('is valid or over %s', (_title, nowMs, valid) => {
    const tracker = trackerWith(1);

    expect(tracker.hasValidSession(node(1), EPOCH, nowMs)).toBe(valid);
    expect(tracker.expired(nowMs)).toEqual(valid ? [] : [1]);
  });

  it('is prolonged by contact', () => {
    const tracker = trackerWith(1);

    tracker.touch(node(1), EPOCH, 8_000);

    expect(tracker.expired(16_999)).toEqual([]);
    expect(tracker.expired(17_000)).toEqual([1]);
    expect(tracker.nextExpiryMs()).toBe(17_000);
  });

  it('is not shortened by a contact that was queued for long', () => {
    const tracker = trackerWith(1);

    tracker.touch(node(1), EPOCH, 8_000);
    tracker.touch(node(1), EPOCH, 4_000);

    expect(tracker.lastContactMs(node(1))).toBe(8_000);
  });

  it('is not prolonged by an older epoch or an unknown broker', () => {
    const tracker = trackerWith(1);

    tracker.touch(node(1), 4 as BrokerEpoch, 8_000);
    tracker.touch(node(9), EPOCH, 8_000);

    expect(tracker.expired(10_000)).toEqual([1]);
    expect(tracker.hasValidSession(node(9), EPOCH, 8_000)).toBe(false);
  });

  it('belongs to one epoch only', () => {
    const tracker = trackerWith(1);

    expect(tracker.hasValidSession(node(1), 6 as BrokerEpoch, 1_000)).toBe(false);
  });

  it('survives an amended registration and begins anew with a new one', () => {
    const tracker = trackerWith(1);

    tracker.registered(node(1), { epoch: EPOCH, fenced: false }, 7_000);
    expect(tracker.lastContactMs(node(1))).toBe(1_000);

    tracker.registered(node(1), { epoch: 8 as BrokerEpoch, fenced: true }, 7_000);
    expect(tracker.lastContactMs(node(1))).toBe(7_000);
  });

  it('ends for a broker that was told to shut down', () => {
    const tracker = trackerWith(1);

    tracker.dismissed(node(1), EPOCH);

    expect(tracker.hasValidSession(node(1), EPOCH, 1_000)).toBe(false);
  });
});

describe('expiry', () => {
  it('names the longest silent first and equally silent ones by id', () => {
    const tracker = trackerWith(3, 1, 2);

    tracker.touch(node(1), EPOCH, 1_500);

    expect(tracker.expired(60_000)).toEqual([2, 3, 1]);
  });

  it('leaves fenced brokers alone', () => {
    const tracker = trackerWith(1);

    tracker.fencedChanged(node(1), true, 1_000);

    expect(tracker.expired(60_000)).toEqual([]);
    expect(tracker.nextExpiryMs()).toBeUndefined();
  });

  it('gives unfenced brokers a fresh session when a controller becomes active, and fenced ones none', () => {
    const tracker = trackerWith(7);

    tracker.reset(
      [
        { id: node(1), epoch: EPOCH, fenced: false, shutdownOffset: undefined },
        { id: node(2), epoch: EPOCH, fenced: true, shutdownOffset: undefined },
      ],
      50_000,
    );

    expect(tracker.hasValidSession(node(1), EPOCH, 50_000)).toBe(true);
    expect(tracker.hasValidSession(node(2), EPOCH, 50_000)).toBe(false);
    expect(tracker.hasValidSession(node(7), EPOCH, 50_000)).toBe(false);
    expect(tracker.nextExpiryMs()).toBe(59_000);
  });
});

describe('metadata offsets', () => {
  it('are as low as the slowest broker, and 0 for one that has not told', () => {
    const tracker = trackerWith(1, 2, 3);

    tracker.observeOffset(node(1), EPOCH, 30 as Offset, AT);
    tracker.observeOffset(node(2), EPOCH, 20 as Offset, AT);

    expect(tracker.lowestMetadataOffset([node(1), node(2)])).toBe(20);
    expect(tracker.lowestMetadataOffset([node(1), node(2), node(3)])).toBe(0);
    expect(tracker.lowestMetadataOffset([])).toBe(Number.POSITIVE_INFINITY);
  });

  it('only ever raise the offset at which a broker may shut down', () => {
    const tracker = trackerWith(1);

    tracker.raiseShutdownOffset(node(1), 30 as Offset);
    tracker.raiseShutdownOffset(node(1), 20 as Offset);

    expect(tracker.shutdownOffset(node(1))).toBe(30);
    expect(tracker.shuttingDown()).toEqual([1]);
  });
});

describe('how far a broker has come', () => {
  const said = (tracker: SessionTracker, metadataOffset: number, endOffset: number, nowMs: number): void =>
    tracker.observeOffset(node(1), EPOCH, metadataOffset as Offset, { endOffset: endOffset as Offset, nowMs });

  it('is what it said last; it is caught up when that is all there is', () => {
    const tracker = trackerWith(2, 1);

    said(tracker, 30, 30, 2_000);

    expect(tracker.progress()).toEqual([{ id: 1, metadataOffset: 30, saidMs: 2_000, lastCaughtUpMs: 2_000 }]);
  });

  it('was caught up when it spoke before, once it has what there was then', () => {
    const tracker = trackerWith(1);

    said(tracker, 10, 30, 2_000);
    expect(tracker.progress()).toMatchObject([{ lastCaughtUpMs: undefined }]);
    said(tracker, 30, 50, 4_000);
    expect(tracker.progress()).toMatchObject([{ metadataOffset: 30, saidMs: 4_000, lastCaughtUpMs: 2_000 }]);
    said(tracker, 40, 60, 6_000);
    expect(tracker.progress()).toMatchObject([{ metadataOffset: 40, saidMs: 6_000, lastCaughtUpMs: 2_000 }]);
  });

  it('is not told by an older epoch', () => {
    const tracker = trackerWith(1);

    tracker.observeOffset(node(1), 4 as BrokerEpoch, 30 as Offset, AT);

    expect(tracker.progress()).toEqual([]);
  });
});
