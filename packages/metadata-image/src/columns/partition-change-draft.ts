import type { PartitionChangeRecord } from '@quorate/records/gen/quorate/records/v1/partition_change_record';
import { MIGRATING_SLOT, type DirectoryTable } from './directory-table.js';
import { IntList } from './int-list.js';
import { NO_LEADER, type PartitionDraft } from './partition-draft.js';

/** Kafka's way to say "unchanged" by a number; taken like absence. */
const LEADER_UNCHANGED = -2;
const RECOVERY_UNCHANGED = -1;

/** A list that may be absent. */
export class OptionalList extends IntList {
  present = false;

  absent(): void {
    this.present = false;
    this.length = 0;
  }

  begin(): this {
    this.present = true;
    this.length = 0;
    return this;
  }
}

/** What one PartitionChange record changes; filled again for each. Directories are slots. */
export class PartitionChangeDraft {
  partitionId = 0;
  leader: number | undefined;
  leaderRecoveryState: number | undefined;
  readonly isr = new OptionalList();
  readonly replicas = new OptionalList();
  readonly removingReplicas = new OptionalList();
  readonly addingReplicas = new OptionalList();
  readonly directories = new OptionalList();
  readonly eligibleLeaderReplicas = new OptionalList();
  readonly lastKnownElr = new OptionalList();

  clear(): void {
    this.partitionId = 0;
    this.leader = undefined;
    this.leaderRecoveryState = undefined;
    this.isr.absent();
    this.replicas.absent();
    this.removingReplicas.absent();
    this.addingReplicas.absent();
    this.directories.absent();
    this.eligibleLeaderReplicas.absent();
    this.lastKnownElr.absent();
  }

  /** The message's directory ids must have 16 bytes each. */
  setMessage(message: PartitionChangeRecord, directories: DirectoryTable): void {
    this.clear();
    this.partitionId = message.partitionId;
    this.leader = message.leader;
    this.leaderRecoveryState = message.leaderRecoveryState;
    setList(this.isr, message.isr?.ids);
    setList(this.replicas, message.replicas?.ids);
    setList(this.removingReplicas, message.removingReplicas?.ids);
    setList(this.addingReplicas, message.addingReplicas?.ids);
    setList(this.eligibleLeaderReplicas, message.eligibleLeaderReplicas?.ids);
    setList(this.lastKnownElr, message.lastKnownElr?.ids);
    if (message.directories === undefined) return;
    this.directories.begin();
    for (const id of message.directories.ids) this.directories.push(directories.slotOfBytes(id, 0));
  }

  /**
   * Changes the partition's state as the record says: partition epoch +1 always, leader epoch +1 if and only if the record
   * names a leader, even the same. New replicas without directories keep those they had.
   *
   * @returns false when directories are not one a replica.
   */
  applyTo(state: PartitionDraft): boolean {
    if (this.replicas.present && !this.directories.present) this.#keepDirectories(state);
    copyPresent(this.isr, state.isr);
    copyPresent(this.replicas, state.replicas);
    copyPresent(this.removingReplicas, state.removingReplicas);
    copyPresent(this.addingReplicas, state.addingReplicas);
    copyPresent(this.directories, state.directories);
    copyPresent(this.eligibleLeaderReplicas, state.eligibleLeaderReplicas);
    copyPresent(this.lastKnownElr, state.lastKnownElr);
    if (this.leader !== undefined && this.leader !== LEADER_UNCHANGED) {
      state.leader = Math.max(this.leader, NO_LEADER);
      state.leaderEpoch += 1;
    }
    if (this.leaderRecoveryState !== undefined && this.leaderRecoveryState !== RECOVERY_UNCHANGED) {
      state.leaderRecoveryState = this.leaderRecoveryState === 1 ? 1 : 0;
    }
    state.partitionEpoch += 1;
    return state.canonicalize();
  }

  #keepDirectories(state: PartitionDraft): void {
    const kept: number[] = [];
    for (let i = 0; i < this.replicas.length; i++) {
      const at = state.replicas.indexOf(this.replicas.values[i]!);
      kept.push(at >= 0 ? state.directories.values[at]! : MIGRATING_SLOT);
    }
    state.directories.set(kept);
  }
}

function setList(list: OptionalList, ids: readonly number[] | undefined): void {
  if (ids !== undefined) list.begin().set(ids);
}

function copyPresent(from: OptionalList, to: IntList): void {
  if (from.present) to.copyFrom(from);
}
