import type { Epoch, NodeId } from '@quorate/records';
import type { ReplicaKey } from './replica-key.js';

/** Kafka's epochs are int32, on the wire and in batches. */
export const MAX_EPOCH = 2 ** 31 - 1;

/**
 * What must be on disk before we speak: the file `quorum-state`. Leader and vote may both be set in
 * one epoch, so that a vote is not forgotten when the leader is learned.
 */
export interface ElectionState {
  readonly epoch: Epoch;
  readonly leaderId: NodeId | undefined;
  readonly votedKey: ReplicaKey | undefined;
}
