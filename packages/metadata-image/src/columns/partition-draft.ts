import type { NodeId } from '@quorate/records';
import type { LeaderRecoveryState, PartitionRow } from '../view.js';
import { MIGRATING_SLOT, type DirectoryTable } from './directory-table.js';
import { IntList } from './int-list.js';

/** "No leader", as in records. */
export const NO_LEADER = -1;

/**
 * The whole state of one partition, to be read into, changed and stored: what columns, overlay and decoders hand to each
 * other. Filled again and again; no list ever leaves it.
 *
 * Canonical once stored (see `canonicalize`): ISR in replica order, one directory a replica, and no empty ELR.
 */
export class PartitionDraft {
  leader = NO_LEADER;
  leaderRecoveryState: LeaderRecoveryState = 0;
  leaderEpoch = 0;
  partitionEpoch = 0;
  readonly replicas = new IntList();
  readonly isr = new IntList();
  readonly removingReplicas = new IntList();
  readonly addingReplicas = new IntList();
  /** Slots in the image's directory table, one a replica. */
  readonly directories = new IntList();
  /** Empty is none. */
  readonly eligibleLeaderReplicas = new IntList();
  readonly lastKnownElr = new IntList();

  clear(): void {
    this.leader = NO_LEADER;
    this.leaderRecoveryState = 0;
    this.leaderEpoch = 0;
    this.partitionEpoch = 0;
    this.replicas.clear();
    this.isr.clear();
    this.removingReplicas.clear();
    this.addingReplicas.clear();
    this.directories.clear();
    this.eligibleLeaderReplicas.clear();
    this.lastKnownElr.clear();
  }

  copyFrom(other: PartitionDraft): void {
    this.leader = other.leader;
    this.leaderRecoveryState = other.leaderRecoveryState;
    this.leaderEpoch = other.leaderEpoch;
    this.partitionEpoch = other.partitionEpoch;
    this.replicas.copyFrom(other.replicas);
    this.isr.copyFrom(other.isr);
    this.removingReplicas.copyFrom(other.removingReplicas);
    this.addingReplicas.copyFrom(other.addingReplicas);
    this.directories.copyFrom(other.directories);
    this.eligibleLeaderReplicas.copyFrom(other.eligibleLeaderReplicas);
    this.lastKnownElr.copyFrom(other.lastKnownElr);
  }

  setRow(row: PartitionRow, directories: DirectoryTable): void {
    this.leader = row.leader ?? NO_LEADER;
    this.leaderRecoveryState = row.leaderRecoveryState;
    this.leaderEpoch = row.leaderEpoch;
    this.partitionEpoch = row.partitionEpoch;
    this.replicas.set(row.replicas);
    this.isr.set(row.isr);
    this.removingReplicas.set(row.removingReplicas);
    this.addingReplicas.set(row.addingReplicas);
    this.directories.clear();
    for (const directory of row.directories) this.directories.push(directories.slotOfText(directory));
    this.eligibleLeaderReplicas.set(row.eligibleLeaderReplicas ?? []);
    this.lastKnownElr.set(row.lastKnownElr ?? []);
  }

  toRow(directories: DirectoryTable): PartitionRow {
    return {
      replicas: this.replicas.toArray<NodeId>(),
      isr: this.isr.toArray<NodeId>(),
      removingReplicas: this.removingReplicas.toArray<NodeId>(),
      addingReplicas: this.addingReplicas.toArray<NodeId>(),
      leader: this.leader === NO_LEADER ? undefined : (this.leader as NodeId),
      leaderRecoveryState: this.leaderRecoveryState,
      leaderEpoch: this.leaderEpoch,
      partitionEpoch: this.partitionEpoch,
      directories: this.directories.toArray().map((slot) => directories.text(slot)),
      eligibleLeaderReplicas: listOrNone(this.eligibleLeaderReplicas),
      lastKnownElr: listOrNone(this.lastKnownElr),
    };
  }

  /**
   * Brings the state into the one form in which it is kept, so that equal states are equal rows however they came about:
   * the ISR in replica order, and MIGRATING for each replica when no directories were given (KIP-858).
   *
   * @returns false when there are directories, but not one a replica.
   */
  canonicalize(): boolean {
    this.#orderIsr();
    if (this.directories.length === 0) {
      for (let i = 0; i < this.replicas.length; i++) this.directories.push(MIGRATING_SLOT);
    }
    return this.directories.length === this.replicas.length;
  }

  /** Members that are no replicas keep their order behind those that are: the log says so, and we do not judge it. */
  #orderIsr(): void {
    if (this.#isrInOrder()) return;
    const members = this.isr.toArray();
    this.isr.clear();
    for (let i = 0; i < this.replicas.length; i++) {
      const replica = this.replicas.values[i]!;
      if (members.includes(replica) && !this.isr.has(replica)) this.isr.push(replica);
    }
    for (const member of members) if (!this.isr.has(member)) this.isr.push(member);
  }

  #isrInOrder(): boolean {
    let last = -1;
    for (let i = 0; i < this.isr.length; i++) {
      const at = this.replicas.indexOf(this.isr.values[i]!);
      if (at <= last) return false;
      last = at;
    }
    return true;
  }
}

function listOrNone(list: IntList): readonly NodeId[] | undefined {
  return list.length === 0 ? undefined : list.toArray<NodeId>();
}
