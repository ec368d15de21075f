import type { MetadataRecord } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { BatchLog, config, id, inFrame, partition, partitionChange, registerBroker, replay, topic } from '../test/records.js';
import { BatchFold, MetadataImage, imageRecords } from './index.js';

const begin: MetadataRecord = { kind: 'BeginTransaction', version: 0, value: { name: 'big' } };
const end: MetadataRecord = { kind: 'EndTransaction', version: 0, value: {} };
const abort: MetadataRecord = { kind: 'AbortTransaction', version: 0, value: {} };
const noOp: MetadataRecord = { kind: 'NoOp', version: 0, value: {} };

function start(): { readonly log: BatchLog; readonly image: MetadataImage; readonly fold: BatchFold } {
  const image = new MetadataImage();
  return { log: new BatchLog(), image, fold: new BatchFold(image) };
}

describe('BatchFold', () => {
  it('applies a committed batch and tells what it changed', () => {
    const { log, image, fold } = start();

    const delta = fold.fold(log.append([topic('a', 1), partition(1, 0, [1])], { epoch: 3 }));

    expect(delta).toMatchObject({ fromOffset: 0, endOffset: 2, epoch: 3, timestampMs: 5000 });
    expect(delta.changes.map((change) => [change.kind, change.offset])).toEqual([
      ['topicCreated', 0],
      ['partitionCreated', 1],
    ]);
    expect(image.provenance).toEqual({ endOffset: 2, epoch: 3, timestampMs: 5000 });
  });

  it('tells nothing when nobody watches', () => {
    const { log, fold } = start();

    expect(fold.fold(log.append([topic('a', 1)]), false).changes).toEqual([]);
  });

  it('moves over control batches, whose records are not metadata', () => {
    const { log, image, fold } = start();
    // Type 2 in a control batch is LeaderChange, and the same number is Topic elsewhere.
    const delta = fold.fold(log.append([topic('not-a-topic', 1)], { isControl: true, epoch: 4 }));

    expect([delta.endOffset, image.appliedOffset, image.topicCount]).toEqual([1, 1, 0]);
    expect(image.provenance.epoch).toBe(4);
  });

  it('refuses a batch that does not continue what it has read', () => {
    const { log, fold } = start();
    log.append([noOp]);

    expect(() => fold.fold(log.append([noOp]))).toThrow('batch at offset 1 does not continue the image, which has read up to 0');
  });

  it('holds a transaction until its End, over any number of batches', () => {
    const { log, image, fold } = start();
    fold.fold(log.append([topic('before', 1)]));

    const held = [fold.fold(log.append([begin, topic('a', 2)])), fold.fold(log.append([partition(2, 0, [1])]))];

    expect(held.map(({ fromOffset, endOffset, changes }) => [fromOffset, endOffset, changes.length])).toEqual([[1, 1, 0], [1, 1, 0]]);
    expect([fold.stableOffset, fold.endOffset, fold.transactionOpen, image.topicCount]).toEqual([1, 4, true, 1]);

    const delta = fold.fold(log.append([end, topic('after', 3)]));

    expect(delta.changes.map((change) => [change.kind, change.offset])).toEqual([
      ['topicCreated', 2],
      ['partitionCreated', 3],
      ['topicCreated', 5],
    ]);
    expect([delta.fromOffset, delta.endOffset, fold.transactionOpen, image.partitionCount]).toEqual([1, 6, false, 1]);
  });

  it('drops a transaction at its Abort', () => {
    const { log, image, fold } = start();
    fold.fold(log.append([begin, topic('a', 1)]));

    const delta = fold.fold(log.append([abort]));

    expect(delta.changes).toEqual([]);
    expect([delta.endOffset, image.appliedOffset, image.topicCount]).toEqual([3, 3, 0]);
  });

  it('has an image that a full replay without the aborted records gives', () => {
    const { log, image, fold } = start();
    for (const records of [[topic('a', 1)], [begin, topic('b', 2)], [abort], [begin, config(2, 'a', 'k', 'v')], [end, registerBroker(1, 1)]]) {
      fold.fold(log.append(records));
    }

    expect(image.digest()).toEqual(replay([topic('a', 1), config(2, 'a', 'k', 'v'), registerBroker(1, 1)]).digest());
  });

  it.each<[string, MetadataRecord[], RegExp]>([
    ['Begin inside a transaction', [begin, begin], /BeginTransaction record at offset 1 .* the transaction of offset 0 is open/],
    ['End without Begin', [end], /EndTransaction record at offset 0 .* no transaction is open/],
    ['Abort without Begin', [abort], /AbortTransaction record at offset 0 .* no transaction is open/],
  ])('is fatal about %s', (_, records, message) => {
    const { log, fold } = start();

    expect(() => fold.fold(log.append(records))).toThrow(message);
  });

  it('knows the batch edge and checksum at which a snapshot may be made', () => {
    const { log, fold } = start();
    expect(fold.stablePoint).toBeUndefined();
    const first = log.append([topic('a', 1)], { epoch: 2 });
    fold.fold(first);
    const point = { endOffset: 1, epoch: 2, timestampMs: 5000, chainChecksum: first.checksum };
    expect(fold.stablePoint).toEqual(point);

    fold.fold(log.append([begin, topic('b', 2)]));
    expect(fold.stablePoint).toEqual(point);

    const last = log.append([end]);
    fold.fold(last);
    expect(fold.stablePoint).toMatchObject({ endOffset: 4, chainChecksum: last.checksum });
  });

  it('knows no such point while a transaction that began inside a batch is open', () => {
    const { log, fold } = start();
    fold.fold(log.append([topic('a', 1)]));
    fold.fold(log.append([noOp, begin]));

    expect([fold.stableOffset, fold.stablePoint]).toEqual([2, undefined]);
  });

  it('goes on from a snapshot', () => {
    const { log, image, fold } = start();
    const first = log.append([topic('a', 1)]);
    fold.fold(first);
    const loaded = new MetadataImage();
    for (const raw of imageRecords(image.hold())) loaded.applyRaw(raw, { offset: (log.endOffset - 1) as typeof log.endOffset, epoch: 1, wallMs: 5000 });
    const second = new BatchFold(loaded, first.checksum);
    expect(second.stablePoint).toEqual(fold.stablePoint);

    const batch = log.append([partition(1, 0, [1])]);
    fold.fold(batch);
    second.fold(batch);

    expect(loaded.digest()).toEqual(image.digest());
  });

  it('keeps nothing of the frame that a batch came in, inside a transaction or outside', () => {
    const { log, image, fold } = start();
    const salt = new Uint8Array([1, 2, 3]);
    const secret: MetadataRecord = {
      kind: 'UserScramCredential',
      version: 0,
      value: { name: 'u', mechanism: 1, salt, storedKey: salt, serverKey: salt, iterations: 4096 },
    };
    const records = [topic('a', 1), partition(1, 0, [1, 2]), registerBroker(1, 1), secret, config(2, 'a', 'k', 'v'), begin, topic('b', 2)];
    const more = [partition(2, 0, [3]), { ...secret, value: { ...secret.value, name: 'w' } } as MetadataRecord, partitionChange(1, 0, { leader: 2 }), end];

    for (const batch of [log.append(records), log.append(more)]) {
      const framed = inFrame(batch, 1024 * 1024);
      fold.fold(framed.batch);
      framed.frame.fill(0xee);
    }

    const plain = [...records, ...more].filter((record) => record !== begin && record !== end);
    expect(image.digest()).toEqual(replay(plain).digest());
    for (const [, row] of image.store.scram.entries()) expect(row.salt.buffer.byteLength).toBe(3);
    expect(image.topicById(id(2))!.name).toBe('b');
  });
});
