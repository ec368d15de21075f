import { encodeBatch, type EncodedBatch, type Epoch, type MetadataRecord, type Offset, type RawRecord } from '@quorate/records';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordsOf, steps } from '../test/random-records.js';
import { BatchLog, partition, topic } from '../test/records.js';
import { BatchFold, ImageDigestError, ImageLoad, MetadataImage, imageRecords, type ImageSnapshot, type LoadedFrom } from './index.js';

const noOp: MetadataRecord = { kind: 'NoOp', version: 0, value: {} };
const begin: MetadataRecord = { kind: 'BeginTransaction', version: 0, value: { name: 't' } };
const end: MetadataRecord = { kind: 'EndTransaction', version: 0, value: {} };
const abort: MetadataRecord = { kind: 'AbortTransaction', version: 0, value: {} };

const fromOf = (held: ImageSnapshot): LoadedFrom => ({ ...held.provenance, digest: held.digest });

/** A snapshot's batches, with offsets of their own. */
function snapshotBatches(held: ImageSnapshot): EncodedBatch[] {
  const batches: EncodedBatch[] = [];
  let records: RawRecord[] = [];
  const flush = (): void => {
    if (records.length === 0) return;
    const baseOffset = (batches.at(-1)?.endOffset ?? 0) as Offset;
    batches.push(encodeBatch({ baseOffset, epoch: 1 as Epoch, appendTimeMs: 1, isControl: false, previousChecksum: 0, records }));
    records = [];
  };
  for (const record of imageRecords(held)) if (records.push(record) === 7) flush();
  flush();
  return batches;
}

/** Random records as batches, some of them in transactions, with control batches between. */
function randomLog(records: readonly MetadataRecord[], cuts: readonly number[]): EncodedBatch[] {
  const log = new BatchLog();
  const batches: EncodedBatch[] = [];
  let epoch = 1;
  for (let at = 0, n = 0; at < records.length; n++) {
    const cut = cuts[n % cuts.length]!;
    const some = records.slice(at, at + 1 + (cut % 9));
    at += some.length;
    if (cut % 5 === 0) batches.push(log.append([noOp], { epoch: ++epoch, isControl: true }));
    if (cut % 4 === 0) {
      // All of it counts, and what is aborted is gone.
      batches.push(log.append([begin, ...some.slice(0, 1)], { epoch }), log.append([...some.slice(1), end], { epoch }));
      batches.push(log.append([begin, ...some], { epoch }), log.append([abort], { epoch }));
    } else batches.push(log.append(some, { epoch }));
  }
  return batches;
}

describe('an image from a snapshot', () => {
  it('is, with the log that follows, the image of the whole log, wherever the snapshot was made', () => {
    fc.assert(
      fc.property(steps(80), fc.array(fc.nat(99), { minLength: 1, maxLength: 20 }), (list, cuts) => {
        const batches = randomLog(recordsOf(list), cuts);
        const whole = new MetadataImage();
        const fold = new BatchFold(whole);
        const snapshots: { readonly after: number; readonly held: ImageSnapshot; readonly chainChecksum: number }[] = [];
        batches.forEach((batch, n) => {
          fold.fold(batch, false);
          if (!fold.transactionOpen && n % 3 === 0) snapshots.push({ after: n + 1, held: whole.hold(), chainChecksum: fold.stablePoint!.chainChecksum });
        });

        for (const { after, held, chainChecksum } of snapshots) {
          const load = new ImageLoad(fromOf(held));
          for (const batch of snapshotBatches(held)) load.add(batch);
          const loaded = load.finish();
          const rest = new BatchFold(loaded, chainChecksum);
          for (const batch of batches.slice(after)) rest.fold(batch, false);

          expect(loaded.digest()).toEqual(whole.digest());
          expect(loaded.provenance).toEqual(whole.provenance);
          expect(rest.stablePoint).toEqual(fold.stablePoint);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is refused when it does not sum up to what the header says', () => {
    const image = new MetadataImage();
    const log = new BatchLog();
    new BatchFold(image).fold(log.append([topic('a', 1), partition(1, 0, [1])]));
    const held = image.hold();
    const load = new ImageLoad({ ...fromOf(held), digest: { ...held.digest, value: new Uint8Array(8).fill(9) } });
    for (const batch of snapshotBatches(held)) load.add(batch);

    expect(() => load.finish()).toThrow(ImageDigestError);
    expect(() => load.finish()).toThrow(/^the snapshot that ends at offset 2 \(epoch 1\) gives an image with digest [0-9a-f]{16}, its header says 0909090909090909$/);
  });

  it('is taken as it is when the header speaks of another version of the digest, or of none', () => {
    for (const digest of [undefined, { version: 99, value: new Uint8Array(8) }]) {
      expect(new ImageLoad({ endOffset: 5 as Offset, epoch: 2 as Epoch, timestampMs: 7, digest }).finish().provenance).toEqual({ endOffset: 5, epoch: 2, timestampMs: 7 });
    }
  });

  it('takes the place of another in one step, for all who hold that one', () => {
    const [image, other] = [new MetadataImage(), new MetadataImage()];
    new BatchFold(image).fold(new BatchLog().append([topic('old', 1)]));
    new BatchFold(other).fold(new BatchLog().append([topic('new', 2), topic('newer', 3)]));

    image.become(other);

    expect([image.topicByName('old'), image.topicByName('new')?.name, image.appliedOffset]).toEqual([undefined, 'new', 2]);
  });
});
