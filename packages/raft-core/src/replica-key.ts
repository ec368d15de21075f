import type { NodeId, Uuid } from '@quorate/records';

/** A replica is a node together with one disk: replacing the disk makes a new replica (KIP-853). */
export interface ReplicaKey {
  readonly id: NodeId;
  /** Absent where the sender does not know it (a tool, a broker without Raft state). */
  readonly directoryId: Uuid | undefined;
}

/** Where a node listens, under the name of the listener. */
export interface Endpoint {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** One member of a voter set as the KRaftVoters record holds it. */
export interface Voter {
  readonly id: NodeId;
  readonly directoryId: Uuid;
  readonly endpoints: readonly Endpoint[];
  /** Range of `kraft.version` that the voter's software supports. */
  readonly kraftVersion: { readonly min: number; readonly max: number };
}

/** A node and where to reach it. Bootstrap servers, whose node id is not known, have −2, −3 … */
export interface NodeEndpoints {
  readonly id: NodeId;
  readonly endpoints: readonly Endpoint[];
}
