import { describe, expect, it } from 'vitest';
import { encodeBatch } from '@quorate/records';
import type { EncodedBatch, Offset } from '@quorate/records';
import { LONGEST_STEP_MS, REQUEST_WINDOW_MS, REQUEST_WINDOW_SIZE, RequestWindow } from './request-window.js';

const T = 1_700_000_000_000;

function idAt(timeMs: number, tail = 0): Uint8Array {
  const bytes = new Uint8Array(16);
  for (let at = 5, rest = timeMs; at >= 0; at--, rest = Math.floor(rest / 256)) bytes[at] = rest % 256;
  bytes[6] = 0x70;
  bytes[8] = 0x80;
  for (let at = 15, rest = tail; rest > 0; at--, rest = Math.floor(rest / 256)) bytes[at] = rest % 256;
  return bytes;
}

let base = 0;
function batchWith(ids: readonly Uint8Array[], appendTimeMs: number): EncodedBatch {
  const batch = encodeBatch({
    baseOffset: base,
    epoch: 1,
    appendTimeMs,
    isControl: false,
    previousChecksum: 0,
    records: [{ type: 20, version: 0, payload: new Uint8Array(0) }],
    requests: ids.map((requestId) => ({ requestId, firstRecord: 0, items: [{ errorCode: 0 }] })),
  });
  base = batch.endOffset;
  return batch;
}

/** Lets the log grow older, batch by batch, from one append time to another. */
function passTime(window: RequestWindow, fromMs: number, toMs: number): void {
  for (let at = fromMs; at < toMs; at += LONGEST_STEP_MS) window.observe(batchWith([], Math.min(at + LONGEST_STEP_MS, toMs)));
}

describe('RequestWindow', () => {
  it('knows a request by its id, with outcome and offset', () => {
    const window = new RequestWindow();
    const batch = batchWith([idAt(T)], T + 5);
    window.observe(batch);

    expect(window.lookUp(idAt(T), T)).toMatchObject({ kind: 'known', endOffset: batch.endOffset, outcomes: [{ errorCode: 0 }] });
    expect(window.lookUp(idAt(T, 9), T)).toEqual({ kind: 'new' });
  });

  it('forgets by append time, and refuses ids that it may have forgotten', () => {
    const window = new RequestWindow();
    window.observe(batchWith([idAt(T)], T));

    passTime(window, T, T + REQUEST_WINDOW_MS + 1);

    expect(window.size).toBe(0);
    expect(window.lookUp(idAt(T), T)).toEqual({ kind: 'forgotten' });
    expect(window.lookUp(idAt(T - 1), T)).toEqual({ kind: 'forgotten' });
    expect(window.lookUp(idAt(T + 2), T + 2)).toEqual({ kind: 'new' });
  });

  it('keeps an id from a clock that runs ahead for as long as the id looks young', () => {
    const window = new RequestWindow();
    const ahead = idAt(T + 600_000);
    window.observe(batchWith([ahead], T));

    passTime(window, T, T + REQUEST_WINDOW_MS + 1);

    expect(window.lookUp(ahead, T)).toMatchObject({ kind: 'known' });
  });

  it('survives a leader whose clock is an hour ahead: knows what it knew, and goes on with the next leader', () => {
    const window = new RequestWindow();
    window.observe(batchWith([idAt(T)], T));

    window.observe(batchWith([], T + 3_600_000));
    window.observe(batchWith([idAt(T + 100, 1)], T + 100));
    window.observe(batchWith([], T + 200));

    expect(window.lookUp(idAt(T), T + 300)).toMatchObject({ kind: 'known' });
    expect(window.lookUp(idAt(T + 100, 1), T + 300)).toMatchObject({ kind: 'known' });
    expect(window.lookUp(idAt(T + 300, 2), T + 300)).toEqual({ kind: 'new' });
  });

  it('lets a leader whose clock stays far ahead go on: an id is old only beside the newest that was carried out', () => {
    const window = new RequestWindow();
    const AHEAD_MS = 40 * 60_000;
    window.observe(batchWith([idAt(T)], T));
    for (let minute = 1; minute <= 60; minute += 1) {
      const nowMs = T + minute * 60_000;
      const id = idAt(nowMs, minute);
      expect(window.lookUp(id, nowMs + AHEAD_MS)).toEqual({ kind: 'new' });
      window.observe(batchWith([id], nowMs + AHEAD_MS));
    }
    // What came an hour ago and is known no more is refused all the same.
    expect(window.lookUp(idAt(T), T + 60 * 60_000 + AHEAD_MS)).toEqual({ kind: 'forgotten' });
  });

  it('refuses an id from so far ahead that it could outlive the window', () => {
    expect(new RequestWindow().lookUp(idAt(T + REQUEST_WINDOW_MS + 1), T)).toEqual({ kind: 'from-the-future' });
  });

  it('keeps a bounded number, and then refuses what is no younger than what it dropped', () => {
    const window = new RequestWindow();
    const ids = Array.from({ length: REQUEST_WINDOW_SIZE + 2 }, (_, i) => idAt(T + Math.floor(i / 1000), i));
    for (let at = 0; at < ids.length; at += 10_000) window.observe(batchWith(ids.slice(at, at + 10_000), T + 1000));

    expect(window.size).toBe(REQUEST_WINDOW_SIZE);
    expect(window.lookUp(ids[0]!, T)).toEqual({ kind: 'forgotten' });
    expect(window.lookUp(ids.at(-1)!, T)).toMatchObject({ kind: 'known' });
  });

  describe('in a snapshot', () => {
    /** What a node knows that starts from a snapshot made now. */
    function throughSnapshot(window: RequestWindow, lastContainedTimestampMs: number): RequestWindow {
      const loaded = new RequestWindow();
      for (const { appendTimeMs, requests } of window.hold()) {
        loaded.load(encodeBatch({ baseOffset: 0, epoch: 1, appendTimeMs, isControl: false, previousChecksum: 0, records: [{ type: 20, version: 0, payload: new Uint8Array(0) }], requests }), 777 as Offset);
      }
      loaded.loaded(lastContainedTimestampMs);
      return loaded;
    }

    it('knows what it knew, with the offset at which the snapshot ends', () => {
      const window = new RequestWindow();
      window.observe(batchWith([idAt(T), idAt(T, 1)], T + 5));
      window.observe(batchWith([idAt(T + 7)], T + 9));

      const loaded = throughSnapshot(window, T + 500);

      for (const id of [idAt(T), idAt(T, 1), idAt(T + 7)]) expect(loaded.lookUp(id, T)).toEqual({ kind: 'known', endOffset: 777, outcomes: [{ errorCode: 0, topicId: undefined }] });
      expect(loaded.lookUp(idAt(T, 9), T)).toEqual({ kind: 'new' });
    });

    it('refuses what it may have forgotten, also when it forgot for being full', () => {
      const window = new RequestWindow();
      const ids = Array.from({ length: REQUEST_WINDOW_SIZE + 2000 }, (_, i) => idAt(T + Math.floor(i / 1000), i));
      for (let at = 0; at < ids.length; at += 10_000) window.observe(batchWith(ids.slice(at, at + 10_000), T + 1000));

      const loaded = throughSnapshot(window, T + 1000);

      expect(loaded.size).toBe(REQUEST_WINDOW_SIZE);
      expect(loaded.lookUp(ids[0]!, T)).toEqual({ kind: 'forgotten' });
      expect(loaded.lookUp(idAt(T + 1, 2_000_000), T)).toEqual({ kind: 'forgotten' });
      expect(loaded.lookUp(idAt(T + 2, 2_000_000), T)).toEqual({ kind: 'new' });
      expect(loaded.lookUp(ids[2000]!, T)).toMatchObject({ kind: 'known' });
    });

    it('forgets with time as it would have', () => {
      const window = new RequestWindow();
      window.observe(batchWith([idAt(T)], T));
      const loaded = throughSnapshot(window, T);
      expect(loaded.lookUp(idAt(T), T)).toMatchObject({ kind: 'known' });

      passTime(loaded, T, T + REQUEST_WINDOW_MS + 1);

      expect(loaded.lookUp(idAt(T), T)).toEqual({ kind: 'forgotten' });
    });

    it('is held as it was, whatever is observed while it is written', () => {
      const window = new RequestWindow();
      window.observe(batchWith([idAt(T)], T));
      const held = window.hold();
      window.observe(batchWith([idAt(T + 1)], T + 1));

      expect([...held].flatMap(({ requests }) => requests)).toHaveLength(1);
    });

    it('is no larger than a batch may be: requests of one append time are split', () => {
      const window = new RequestWindow();
      window.observe(batchWith(Array.from({ length: 5000 }, (_, i) => idAt(T, i)), T));

      expect([...window.hold()].map(({ requests }) => requests.length)).toEqual(Array.from({ length: 10 }, (_, n) => (n < 9 ? 512 : 392)));
    });
  });
});
