import { PartitionChangeRecord } from '@quorate/records/gen/quorate/records/v1/partition_change_record';
import { PartitionRecord } from '@quorate/records/gen/quorate/records/v1/partition_record';
import { TopicRecord } from '@quorate/records/gen/quorate/records/v1/topic_record';
import fc from 'fast-check';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { uuidBytes } from '../../test/random-records.js';
import { DirectoryTable } from './directory-table.js';
import type { IntList } from './int-list.js';
import { type OptionalList, PartitionChangeDraft } from './partition-change-draft.js';
import { PartitionDecoder } from './partition-decoder.js';
import { PartitionDraft } from './partition-draft.js';
import { PartitionEncoder } from './partition-encoder.js';
import { UuidWords } from './uuid-words.js';

const int32 = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
const ids = fc.array(int32, { maxLength: 6 });
const uuid = fc.nat(40).map(uuidBytes);
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const list = optional(fc.record({ ids }));

const partitionRecord: fc.Arbitrary<PartitionRecord> = fc.record({
  partitionId: int32,
  topicId: uuid,
  replicas: ids,
  isr: ids,
  removingReplicas: ids,
  addingReplicas: ids,
  leader: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
  leaderRecoveryState: fc.constantFrom(undefined, 0, 1),
  leaderEpoch: int32,
  partitionEpoch: int32,
  directories: fc.array(uuid, { maxLength: 6 }),
  eligibleLeaderReplicas: list,
  lastKnownElr: list,
});
const changeRecord: fc.Arbitrary<PartitionChangeRecord> = fc.record({
  partitionId: int32,
  topicId: uuid,
  isr: list,
  leader: optional(int32),
  replicas: list,
  removingReplicas: list,
  addingReplicas: list,
  leaderRecoveryState: fc.constantFrom(undefined, 0, 1, -1),
  directories: optional(fc.record({ ids: fc.array(uuid, { maxLength: 6 }) })),
  eligibleLeaderReplicas: list,
  lastKnownElr: list,
});

const bytesOf = (slots: IntList, directories: DirectoryTable): Uint8Array[] =>
  slots.toArray().map((slot) => {
    const bytes = new Uint8Array(16);
    directories.writeBytes(slot, bytes, 0);
    return bytes;
  });
const topicOf = (decoder: PartitionDecoder): Uint8Array => {
  const bytes = new Uint8Array(16);
  decoder.topicId.writeBytes(bytes, 0);
  return bytes;
};

/** The draft back as the message it came from; undefined when it was not decoded by hand. */
function handDecoded(payload: Uint8Array, version = 2): PartitionRecord | undefined {
  const [decoder, draft, directories] = [new PartitionDecoder(), new PartitionDraft(), new DirectoryTable()];
  if (!decoder.decodePartition(payload, version, draft, directories)) return undefined;
  const { leader, leaderRecoveryState, leaderEpoch, partitionEpoch } = draft;
  return {
    partitionId: decoder.partitionId,
    topicId: topicOf(decoder),
    replicas: draft.replicas.toArray(),
    isr: draft.isr.toArray(),
    removingReplicas: draft.removingReplicas.toArray(),
    addingReplicas: draft.addingReplicas.toArray(),
    leader,
    leaderRecoveryState,
    leaderEpoch,
    partitionEpoch,
    directories: bytesOf(draft.directories, directories),
    eligibleLeaderReplicas: { ids: draft.eligibleLeaderReplicas.toArray() },
    lastKnownElr: { ids: draft.lastKnownElr.toArray() },
  };
}

/** What the draft tells apart: absent and empty ELR are one in a whole partition. */
function asDraftHasIt(message: PartitionRecord): PartitionRecord {
  return {
    ...message,
    leaderRecoveryState: message.leaderRecoveryState ?? 0,
    topicId: Uint8Array.from(message.topicId),
    directories: message.directories.map((id) => Uint8Array.from(id)),
    eligibleLeaderReplicas: message.eligibleLeaderReplicas ?? { ids: [] },
    lastKnownElr: message.lastKnownElr ?? { ids: [] },
  };
}

function handDecodedChange(payload: Uint8Array, version = 2): PartitionChangeRecord | undefined {
  const [decoder, draft, directories] = [new PartitionDecoder(), new PartitionChangeDraft(), new DirectoryTable()];
  if (!decoder.decodeChange(payload, version, draft, directories)) return undefined;
  const idsOf = (each: OptionalList): { ids: number[] } | undefined => (each.present ? { ids: each.toArray() } : undefined);
  return {
    partitionId: decoder.partitionId,
    topicId: topicOf(decoder),
    isr: idsOf(draft.isr),
    leader: draft.leader,
    replicas: idsOf(draft.replicas),
    removingReplicas: idsOf(draft.removingReplicas),
    addingReplicas: idsOf(draft.addingReplicas),
    leaderRecoveryState: draft.leaderRecoveryState,
    directories: draft.directories.present ? { ids: bytesOf(draft.directories, directories) } : undefined,
    eligibleLeaderReplicas: idsOf(draft.eligibleLeaderReplicas),
    lastKnownElr: idsOf(draft.lastKnownElr),
  };
}

const goldenFolder = new URL('../../../records/golden/', import.meta.url);
const golden = readdirSync(goldenFolder).filter((name) => /^Partition(Change)?-v.*\.bin$/.test(name));

describe('the hand-written decoder', () => {
  it('reads any Partition as the generated one does', () => {
    fc.assert(
      fc.property(partitionRecord, (record) => {
        const payload = PartitionRecord.encode(record).finish();
        expect(handDecoded(payload)).toEqual(asDraftHasIt(PartitionRecord.decode(payload)));
      }),
    );
  });

  it('reads any PartitionChange as the generated one does', () => {
    fc.assert(
      fc.property(changeRecord, (record) => {
        const payload = PartitionChangeRecord.encode(record).finish();
        expect(handDecodedChange(payload)).toEqual(PartitionChangeRecord.decode(payload));
      }),
    );
  });

  it('reads two records one behind the other, fields appended or replaced, as the generated one does', () => {
    fc.assert(
      fc.property(partitionRecord, partitionRecord, changeRecord, changeRecord, (a, b, c, d) => {
        const twice = new Uint8Array([...PartitionRecord.encode(a).finish(), ...PartitionRecord.encode(b).finish()]);
        expect(handDecoded(twice)).toEqual(asDraftHasIt(PartitionRecord.decode(twice)));
        const changes = new Uint8Array([...PartitionChangeRecord.encode(c).finish(), ...PartitionChangeRecord.encode(d).finish()]);
        expect(handDecodedChange(changes)).toEqual(PartitionChangeRecord.decode(changes));
      }),
    );
  });

  it('agrees on damaged bytes wherever it does not leave them to the generated one', () => {
    fc.assert(
      fc.property(partitionRecord, changeRecord, fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 3 }), fc.nat(200), (record, change, hits, cut) => {
        const damage = (bytes: Uint8Array): Uint8Array => {
          const damaged = Uint8Array.from(bytes.subarray(0, Math.max(1, bytes.length - (cut % 20))));
          for (const [at, value] of hits) damaged[at % damaged.length] = value;
          return damaged;
        };
        const payload = damage(PartitionRecord.encode(record).finish());
        const byHand = handDecoded(payload);
        if (byHand !== undefined) expect(byHand).toEqual(asDraftHasIt(PartitionRecord.decode(payload)));
        const changePayload = damage(PartitionChangeRecord.encode(change).finish());
        const changeByHand = handDecodedChange(changePayload);
        if (changeByHand !== undefined) expect(changeByHand).toEqual(PartitionChangeRecord.decode(changePayload));
      }),
      { numRuns: 2000 },
    );
  });

  it.each(golden)('reads %s as the generated one does', (name) => {
    const payload = new Uint8Array(readFileSync(new URL(name, goldenFolder)));
    const version = Number(/-v(\d)/.exec(name)![1]);

    if (name.startsWith('PartitionChange')) expect(handDecodedChange(payload, version)).toEqual(PartitionChangeRecord.decode(payload));
    else expect(handDecoded(payload, version)).toEqual(asDraftHasIt(PartitionRecord.decode(payload)));
  });

  it('leaves fields that the version does not have to the generated one, which refuses them', () => {
    const withDirectory = PartitionRecord.encode(PartitionRecord.decode(new Uint8Array([18, 16, ...uuidBytes(1), 90, 16, ...uuidBytes(2)]))).finish();

    expect(handDecoded(withDirectory, 0)).toBeUndefined();
    expect(handDecoded(withDirectory, 1)).toBeDefined();
    expect(handDecoded(withDirectory, 3)).toBeUndefined();
  });
});

describe('the hand-written encoder', () => {
  it('writes the bytes that the generated one writes', () => {
    const encoder = new PartitionEncoder();
    fc.assert(
      fc.property(partitionRecord, fc.boolean(), (record, empty) => {
        const directories = new DirectoryTable();
        const [decoder, draft] = [new PartitionDecoder(), new PartitionDraft()];
        const written = empty ? { ...record, replicas: [], directories: [] } : record;
        decoder.decodePartition(PartitionRecord.encode(written).finish(), 2, draft, directories);
        const leftOut = {
          ...written,
          leaderRecoveryState: written.leaderRecoveryState === 1 ? 1 : undefined,
          eligibleLeaderReplicas: draft.eligibleLeaderReplicas.length > 0 ? written.eligibleLeaderReplicas : undefined,
          lastKnownElr: draft.lastKnownElr.length > 0 ? written.lastKnownElr : undefined,
        };

        const payload = encoder.encode(decoder.topicId, decoder.partitionId, draft, 2, directories);

        expect([...payload]).toEqual([...PartitionRecord.encode(leftOut).finish()]);
      }),
    );
  });

  it('leaves out directories that are all MIGRATING, and all of them below version 1', () => {
    const directories = new DirectoryTable();
    const draft = new PartitionDraft();
    draft.replicas.set([1, 2]);
    draft.canonicalize();
    const encode = (version: number): PartitionRecord =>
      PartitionRecord.decode(new PartitionEncoder().encode(new UuidWords(), 0, draft, version, directories));

    expect(encode(1).directories).toEqual([]);
    draft.directories.set([0, directories.slotOfBytes(uuidBytes(1), 0)]);
    expect(encode(1).directories).toHaveLength(2);
    expect(encode(0).directories).toEqual([]);
  });

  it('never writes again where a payload was', () => {
    const encoder = new PartitionEncoder();
    const draft = new PartitionDraft();
    draft.replicas.set([1, 2, 3]);
    const first = encoder.encode(new UuidWords(), 1, draft, 2, new DirectoryTable());
    const before = [...first];
    for (let i = 0; i < 5000; i++) encoder.encode(new UuidWords(), 2, draft, 2, new DirectoryTable());

    expect([...first]).toEqual(before);
  });
});

describe('a Topic record decoded by hand', () => {
  const decoded = (payload: Uint8Array, version = 0): TopicRecord | undefined => {
    const decoder = new PartitionDecoder();
    return decoder.decodeTopic(payload, version) ? { name: Buffer.from(decoder.topicName).toString('latin1'), topicId: topicOf(decoder) } : undefined;
  };

  it('is what the generated decoder says, or is left to it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 20 }), fc.string({ unit: 'grapheme', maxLength: 20 })), uuid, (name, topicId) => {
        const isPlain = name !== '' && [...name].every((character) => character.charCodeAt(0) < 0x80);
        expect(decoded(TopicRecord.encode({ name, topicId }).finish())).toEqual(isPlain ? { name, topicId } : undefined);
      }),
    );
  });

  it('is left to the generated decoder when it is cut off, of a later version, or anything else', () => {
    const whole = TopicRecord.encode({ name: 'payments', topicId: uuidBytes(1) }).finish();
    for (let at = 0; at < whole.length; at++) expect(decoded(whole.subarray(0, at))).toBeUndefined();
    expect(decoded(whole, 1)).toBeUndefined();
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => void decoded(bytes)));
  });
});
