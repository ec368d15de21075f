import { uuidFromBytes, type Epoch, type NodeId, type Offset, type Uuid } from '@quorate/records';
import { WireFormatError } from './wire-format-error.js';

/** Readers of single fields: they check what the type cannot say, and name the field when it does not hold. */

export function requireMessage<T>(field: string, value: T | undefined): T {
  if (value === undefined) throw new WireFormatError(field, 'is missing');
  return value;
}

export function readNodeId(field: string, value: number): NodeId {
  return natural(field, value) as NodeId;
}

export function readEpoch(field: string, value: number): Epoch {
  return natural(field, value) as Epoch;
}

export function readOffset(field: string, value: number): Offset {
  return natural(field, value) as Offset;
}

/** A place in a file, or its size, in bytes. */
export function readBytePosition(field: string, value: number): number {
  return natural(field, value);
}

export function readPositive(field: string, value: number): number {
  if (value === 0) throw new WireFormatError(field, 'must be 1 or more, got 0');
  return natural(field, value);
}

export function readUuid(field: string, value: Uint8Array): Uuid {
  if (value.length !== 16) throw new WireFormatError(field, `must have 16 bytes, got ${value.length}`);
  return uuidFromBytes(value);
}

/** Applies a reader where the field is present. */
export function optional<T, R>(field: string, value: T | undefined, read: (field: string, value: T) => R): R | undefined {
  return value === undefined ? undefined : read(field, value);
}

function natural(field: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new WireFormatError(field, `must be an integer of 0 or more, got ${value}`);
  return value;
}
