import { encodeRecord, type Offset } from '@quorate/records';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MetadataImage, Overlay, imageRecords } from '../src/index.js';
import { CONDITIONS, expectView } from './expect-view.js';
import { NaiveModel } from './naive-model.js';
import { position, recordsOf, steps } from './random-records.js';

const RUNS = { numRuns: 150 };

describe('a random log', () => {
  it('gives the image that a naive model gives', () => {
    fc.assert(
      fc.property(steps(120), (list) => {
        const [image, model] = [new MetadataImage(), new NaiveModel()];
        recordsOf(list).forEach((record, i) => {
          image.apply(record, position(i));
          model.apply(record, position(i));
        });
        expectView(image, model);
        for (const condition of Object.keys(CONDITIONS) as (keyof typeof CONDITIONS)[]) {
          const matching = [...model.allPartitions()].filter(([, , row]) => CONDITIONS[condition](row));
          expect(image.countWhere(condition)).toBe(matching.length);
        }
      }),
      RUNS,
    );
  });

  it('gives the same image from bytes as from messages, with the same changes told', () => {
    fc.assert(
      fc.property(steps(120), (list) => {
        const [slow, fast] = [new MetadataImage(), new MetadataImage()];
        const [slowChanges, fastChanges]: [unknown[], unknown[]] = [[], []];
        recordsOf(list).forEach((record, i) => {
          slow.apply(record, position(i), (change) => slowChanges.push(change));
          fast.applyRaw(encodeRecord(record), position(i), (change) => fastChanges.push(change));
        });
        expect(fastChanges).toEqual(slowChanges);
        expect(fast.digest()).toEqual(slow.digest());
      }),
      RUNS,
    );
  });

  it('reads the same through an overlay folded at any time as applied directly', () => {
    fc.assert(
      fc.property(steps(120), fc.infiniteStream(fc.nat(7)), (list, folds) => {
        const [image, direct, model] = [new MetadataImage(), new MetadataImage(), new NaiveModel()];
        const overlay = new Overlay(image);
        const records = recordsOf(list);
        let folded = 0;
        const foldTo = (end: number): void => {
          for (; folded < end; folded++) image.applyRaw(encodeRecord(records[folded]!), position(folded));
          overlay.foldTo(end as Offset);
        };
        records.forEach((record, i) => {
          overlay.apply(record, position(i));
          model.apply(record, position(i));
          direct.apply(record, position(i));
          if (folds.next().value === 0) foldTo(Math.max(folded, i + 1 - folds.next().value));
        });
        expectView(overlay, model);
        expect(overlay.appliedOffset).toBe(records.length);
        foldTo(records.length);
        expectView(overlay, model);
        expect(image.digest()).toEqual(direct.digest());
      }),
      RUNS,
    );
  });

  it('leaves the committed image alone when the overlay is dropped', () => {
    fc.assert(
      fc.property(steps(60), steps(60), (committed, uncommitted) => {
        const [image, model] = [new MetadataImage(), new NaiveModel()];
        const overlay = new Overlay(image);
        const records = recordsOf([...committed, ...uncommitted]);
        const end = recordsOf(committed).length;
        records.slice(0, end).forEach((record, i) => {
          image.apply(record, position(i));
          model.apply(record, position(i));
        });
        const before = image.digest();
        records.slice(end).forEach((record, i) => overlay.apply(record, position(end + i)));
        overlay.dropAll();
        expectView(overlay, model);
        expect(image.digest()).toEqual(before);
      }),
      RUNS,
    );
  });

  it('takes an aborted transaction back, over what was decided before it and is folded or not', () => {
    fc.assert(
      fc.property(steps(40), steps(40), fc.nat(40), (before, inside, folded) => {
        const [image, model] = [new MetadataImage(), new NaiveModel()];
        const overlay = new Overlay(image);
        const records = recordsOf([...before, ...inside]);
        const end = recordsOf(before).length;
        records.slice(0, end).forEach((record, i) => {
          overlay.apply(record, position(i));
          model.apply(record, position(i));
        });
        overlay.apply({ kind: 'BeginTransaction', version: 0, value: {} }, position(end));
        records.slice(end).forEach((record, i) => overlay.apply(record, position(end + 1 + i)));
        const stable = Math.min(folded, end);
        for (let i = 0; i < stable; i++) image.apply(records[i]!, position(i));
        overlay.foldTo(stable as Offset);
        overlay.apply({ kind: 'AbortTransaction', version: 0, value: {} }, position(records.length + 1));
        expectView(overlay, model);
      }),
      RUNS,
    );
  });

  it('equals its snapshot replayed, made while the image went on', () => {
    fc.assert(
      fc.property(steps(80), steps(80), fc.nat(50), (before, after, pause) => {
        const image = new MetadataImage();
        const records = recordsOf([...before, ...after]);
        const end = recordsOf(before).length;
        records.slice(0, end).forEach((record, i) => image.apply(record, position(i)));
        const digest = image.digest();
        const held = image.hold();
        const loaded = new MetadataImage();
        let steps = 0;
        let next = end;
        for (const raw of imageRecords(held)) {
          loaded.applyRaw(raw, position(end - 1));
          if (steps++ >= pause && next < records.length) image.apply(records[next]!, position(next++));
        }
        held.release();
        expect(loaded.digest()).toEqual(digest);
        expect(held.digest).toEqual(digest);
        records.slice(end).forEach((record, i) => loaded.apply(record, position(end + i)));
        for (; next < records.length; next++) image.apply(records[next]!, position(next));
        expect(loaded.digest()).toEqual(image.digest());
      }),
      RUNS,
    );
  });
});
