import { RESERVED_DIRECTORY, uuidToBytes } from '@quorate/records';
import type { NodeId, Uuid } from '@quorate/records';
import type { BrokerRow, MetadataView } from '@quorate/metadata-image';
import { placementLayout } from './replica-placer.js';
import type { PlacementLayout, UsableBroker } from './replica-placer.js';

/** What a decision asks about brokers, answered without going back to the view: made once, thrown away when a broker changes. */
export class ClusterModel {
  readonly #brokers: ReadonlyMap<NodeId, BrokerEntry>;
  #placement: PlacementLayout | undefined;

  constructor(view: MetadataView) {
    const brokers = new Map<NodeId, BrokerEntry>();
    for (const row of view.brokers()) brokers.set(row.id, entryOf(row));
    this.#brokers = brokers;
  }

  isRegistered(id: NodeId): boolean {
    return this.#brokers.has(id);
  }

  /** Registered, not fenced and not in controlled shutdown: may lead and may join an ISR. */
  isActive(id: NodeId): boolean {
    return this.#brokers.get(id)?.active ?? false;
  }

  /** By rising id. */
  *activeBrokers(): Iterable<NodeId> {
    for (const [id, broker] of this.#brokers) if (broker.active) yield id;
  }

  /**
   * Whether a replica in that directory is there. MIGRATING and UNASSIGNED count as online, LOST never does; a broker that
   * registered no directories did so before 3.7-IV2, and all of its replicas count as online.
   */
  hasOnlineDirectory(id: NodeId, directory: Uuid): boolean {
    if (directory === RESERVED_DIRECTORY.MIGRATING || directory === RESERVED_DIRECTORY.UNASSIGNED) return true;
    if (directory === RESERVED_DIRECTORY.LOST) return false;
    const broker = this.#brokers.get(id);
    if (broker === undefined) return false;
    return broker.logDirs.length === 0 || broker.logDirs.includes(directory);
  }

  /** The directory that a new replica on this broker is recorded with. */
  defaultDirectory(id: NodeId): Uuid {
    return this.#brokers.get(id)?.defaultDirectory ?? RESERVED_DIRECTORY.UNASSIGNED;
  }

  /** `defaultDirectory` as a record holds it; shared between records, never written to. */
  defaultDirectoryBytes(id: NodeId): Uint8Array {
    return this.#brokers.get(id)?.defaultDirectoryBytes ?? UNASSIGNED_BYTES;
  }

  /** Whether all of its directories refuse new replicas (KIP-1066). */
  isWhollyCordoned(id: NodeId): boolean {
    return this.#brokers.get(id)?.whollyCordoned ?? false;
  }

  /** Brokers that new replicas may be placed on, fenced ones included; none in controlled shutdown. */
  placement(): PlacementLayout {
    this.#placement ??= placementLayout([...this.#usableBrokers()]);
    return this.#placement;
  }

  *#usableBrokers(): Iterable<UsableBroker> {
    for (const [id, broker] of this.#brokers) {
      if (!broker.inControlledShutdown && !broker.whollyCordoned) yield { id, rack: broker.rack, fenced: broker.fenced };
    }
  }
}

interface BrokerEntry {
  readonly rack: string | undefined;
  readonly fenced: boolean;
  readonly inControlledShutdown: boolean;
  readonly active: boolean;
  readonly whollyCordoned: boolean;
  readonly logDirs: readonly Uuid[];
  readonly defaultDirectory: Uuid;
  readonly defaultDirectoryBytes: Uint8Array;
}

const UNASSIGNED_BYTES = uuidToBytes(RESERVED_DIRECTORY.UNASSIGNED);

function entryOf(row: BrokerRow): BrokerEntry {
  const defaultDirectory = defaultDirectoryOf(row.logDirs);
  const cordoned = row.cordonedLogDirs ?? [];
  return {
    rack: row.rack,
    fenced: row.fenced,
    inControlledShutdown: row.inControlledShutdown,
    active: !row.fenced && !row.inControlledShutdown,
    whollyCordoned: row.logDirs.length > 0 && row.logDirs.every((directory) => cordoned.includes(directory)),
    logDirs: row.logDirs,
    defaultDirectory,
    defaultDirectoryBytes: uuidToBytes(defaultDirectory),
  };
}

function defaultDirectoryOf(logDirs: readonly Uuid[]): Uuid {
  if (logDirs.length === 0) return RESERVED_DIRECTORY.MIGRATING;
  return logDirs.length === 1 ? logDirs[0]! : RESERVED_DIRECTORY.UNASSIGNED;
}
