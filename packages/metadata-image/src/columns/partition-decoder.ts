import type { DirectoryTable } from './directory-table.js';
import type { IntList } from './int-list.js';
import type { OptionalList, PartitionChangeDraft } from './partition-change-draft.js';
import type { PartitionDraft } from './partition-draft.js';
import { UuidWords } from './uuid-words.js';
import { BYTES, VARINT, WireReader } from './wire-reader.js';

/** Record versions since which fields exist. */
const DIRECTORIES_SINCE = 1;
const ELR_SINCE = 2;
const LATEST = 2;

const NO_NAME = new Uint8Array(0);

const tag = (field: number, wireType: number): number => (field << 3) | wireType;

/**
 * Decodes Topic, Partition and PartitionChange records straight from their bytes, without an object a record. What it reads it
 * reads as the generated decoder does (pinned by partition-decoder.spec.ts); what it does not expect it does not judge.
 */
export class PartitionDecoder {
  /** Of the record decoded last. */
  readonly topicId = new UuidWords();
  partitionId = 0;
  /** A view on the payload, valid for as long as that is. */
  topicName: Uint8Array = NO_NAME;
  readonly #reader = new WireReader();

  /**
   * @returns false when the payload holds anything unexpected: take the generated decoder, which accepts or refuses it.
   *   The draft is undefined then. True: the draft holds the record's lists as written, not yet canonical.
   */
  decodePartition(payload: Uint8Array, version: number, into: PartitionDraft, directories: DirectoryTable): boolean {
    const reader = this.#reader;
    reader.start(payload);
    into.clear();
    into.leader = 0;
    this.partitionId = 0;
    let recovery = 0;
    let latest = 0;
    let hasTopic = false;
    while (reader.at < reader.end && !reader.failed) {
      switch (reader.varint()) {
        case tag(1, VARINT): this.partitionId = reader.varint(); break;
        case tag(2, BYTES): hasTopic = true; this.#readTopicId(); break;
        case tag(3, BYTES): reader.packed(into.replicas); break;
        case tag(4, BYTES): reader.packed(into.isr); break;
        case tag(5, BYTES): reader.packed(into.removingReplicas); break;
        case tag(6, BYTES): reader.packed(into.addingReplicas); break;
        case tag(7, VARINT): into.leader = reader.varint(); break;
        case tag(8, VARINT): recovery = reader.varint(); break;
        case tag(9, VARINT): into.leaderEpoch = reader.varint(); break;
        case tag(10, VARINT): into.partitionEpoch = reader.varint(); break;
        case tag(11, BYTES): latest = Math.max(latest, DIRECTORIES_SINCE); this.#readDirectory(into.directories, directories); break;
        case tag(12, BYTES): latest = ELR_SINCE; this.#readNested(into.eligibleLeaderReplicas); break;
        case tag(13, BYTES): latest = ELR_SINCE; this.#readNested(into.lastKnownElr); break;
        default: return false;
      }
    }
    if (reader.failed || !hasTopic || latest > version || version > LATEST) return false;
    // Anything but the two known states is for the slow way to refuse.
    if (recovery !== 0 && recovery !== 1) return false;
    into.leaderRecoveryState = recovery;
    return into.leader >= -1;
  }

  /**
   * Reads a Topic record into `topicId` and `topicName`.
   *
   * @returns false when the payload holds anything unexpected, or a name that is not plain ASCII.
   */
  decodeTopic(payload: Uint8Array, version: number): boolean {
    const reader = this.#reader;
    reader.start(payload);
    let hasTopic = false;
    this.topicName = NO_NAME;
    while (reader.at < reader.end && !reader.failed) {
      switch (reader.varint()) {
        case tag(1, BYTES): this.topicName = reader.view(); break;
        case tag(2, BYTES): hasTopic = true; this.#readTopicId(); break;
        default: return false;
      }
    }
    return !reader.failed && hasTopic && version === 0 && this.topicName.length > 0 && isAscii(this.topicName);
  }

  /** As `decodePartition`. */
  decodeChange(payload: Uint8Array, version: number, into: PartitionChangeDraft, directories: DirectoryTable): boolean {
    const reader = this.#reader;
    reader.start(payload);
    into.clear();
    let latest = 0;
    let hasTopic = false;
    while (reader.at < reader.end && !reader.failed) {
      switch (reader.varint()) {
        case tag(1, VARINT): into.partitionId = reader.varint(); break;
        case tag(2, BYTES): hasTopic = true; this.#readTopicId(); break;
        case tag(3, BYTES): this.#readOptional(into.isr); break;
        case tag(4, VARINT): into.leader = reader.varint(); break;
        case tag(5, BYTES): this.#readOptional(into.replicas); break;
        case tag(6, BYTES): this.#readOptional(into.removingReplicas); break;
        case tag(7, BYTES): this.#readOptional(into.addingReplicas); break;
        case tag(8, VARINT): into.leaderRecoveryState = reader.varint(); break;
        case tag(9, BYTES): latest = Math.max(latest, DIRECTORIES_SINCE); this.#readDirectories(into.directories, directories); break;
        case tag(10, BYTES): latest = ELR_SINCE; this.#readOptional(into.eligibleLeaderReplicas); break;
        case tag(11, BYTES): latest = ELR_SINCE; this.#readOptional(into.lastKnownElr); break;
        default: return false;
      }
    }
    this.partitionId = into.partitionId;
    if (reader.failed || !hasTopic || latest > version || version > LATEST) return false;
    const recovery = into.leaderRecoveryState ?? 0;
    return recovery >= -1 && recovery <= 1;
  }

  #readTopicId(): void {
    const at = this.#reader.uuid();
    if (!this.#reader.failed) this.topicId.setBytes(this.#reader.bytes, at);
  }

  #readDirectory(into: IntList, directories: DirectoryTable): void {
    const at = this.#reader.uuid();
    if (!this.#reader.failed) into.push(directories.slotOfBytes(this.#reader.bytes, at));
  }

  /** A second occurrence replaces the first, as in the generated decoder. */
  #readOptional(into: OptionalList): void {
    this.#readNested(into.begin());
  }

  #readNested(into: IntList): void {
    const reader = this.#reader;
    const end = reader.length() + reader.at;
    into.clear();
    while (reader.at < end && !reader.failed) {
      if (reader.varint() !== tag(1, BYTES)) reader.failed = true;
      else reader.packed(into);
    }
    if (reader.at !== end) reader.failed = true;
  }

  #readDirectories(into: OptionalList, directories: DirectoryTable): void {
    const reader = this.#reader;
    const end = reader.length() + reader.at;
    into.begin();
    while (reader.at < end && !reader.failed) {
      if (reader.varint() !== tag(1, BYTES)) reader.failed = true;
      else this.#readDirectory(into, directories);
    }
    if (reader.at !== end) reader.failed = true;
  }
}

function isAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! > 0x7f) return false;
  return true;
}
