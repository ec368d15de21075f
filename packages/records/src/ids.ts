/**
 * The numbers and names that everything else is told apart by. Branded, so that an epoch cannot be handed over where an
 * offset is wanted. All of them are plain numbers or strings at run time.
 *
 * int64 fields travel as `number`: offsets, epochs and times stay far below 2^53; a larger value from outside is refused
 * where it is decoded.
 */
declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** Id of a controller or broker; unique over both kinds; 0 or more. */
export type NodeId = Branded<number, 'NodeId'>;
/** Raft leader epoch (term); 0 is primordial: no leader, nothing written. */
export type Epoch = Branded<number, 'Epoch'>;
/** Position of one record in the metadata log, from 0 without gaps. An "end offset" is exclusive. */
export type Offset = Branded<number, 'Offset'>;
/** Epoch of one broker registration: the next write offset when the registration was decided. */
export type BrokerEpoch = Branded<number, 'BrokerEpoch'>;
/** 16 bytes as 22 characters of base64url without padding, Kafka's text form. */
export type Uuid = Branded<string, 'Uuid'>;

export const nodeId = (value: number): NodeId => integerOrThrow(value, 'node id') as NodeId;
export const epoch = (value: number): Epoch => integerOrThrow(value, 'epoch') as Epoch;
export const offset = (value: number): Offset => integerOrThrow(value, 'offset') as Offset;
export const brokerEpoch = (value: number): BrokerEpoch => integerOrThrow(value, 'broker epoch') as BrokerEpoch;

/** The largest integer that every int64 field of ours may hold. */
export const MAX_SAFE_INT64 = Number.MAX_SAFE_INTEGER;

function integerOrThrow(value: number, what: string): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${what} must be an integer from 0 to 2^53 - 1, got ${value}`);
  return value;
}
