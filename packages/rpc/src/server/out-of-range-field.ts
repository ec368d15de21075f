import { BinaryReader } from '@bufbuild/protobuf/wire';
import { protoShapes, type FieldShape } from './proto-shapes.js';

/** A field whose integer we cannot hold. */
export interface OutOfRangeField {
  /** Path as `BadRequest` wants it, such as `query.fetch_offset` or `topics[2].at_least_offset`. */
  readonly field: string;
  readonly value: bigint;
}

/** Types of `descriptor.proto` that hold 64 bits, and how each is read. */
const READ_INT64: Readonly<Record<number, (reader: BinaryReader) => bigint | string>> = {
  3: (reader) => reader.int64(),
  4: (reader) => reader.uint64(),
  6: (reader) => reader.fixed64(),
  16: (reader) => reader.sfixed64(),
  18: (reader) => reader.sint64(),
};
const MESSAGE = 11;
const LENGTH_DELIMITED = 2;

/**
 * Finds the first integer beyond 2^53 - 1 in a request that the decoder refused, so that the caller learns which field it
 * was. Undefined when there is none: the bytes are wrong in another way.
 *
 * @param path - the method's path, such as `/quorate.raft.v1.RaftService/Vote`.
 */
export function outOfRangeField(path: string, bytes: Uint8Array): OutOfRangeField | undefined {
  const request = protoShapes().requests.get(path);
  try {
    return request === undefined ? undefined : search(request, bytes, '');
  } catch {
    return undefined;
  }
}

function search(message: string, bytes: Uint8Array, prefix: string): OutOfRangeField | undefined {
  const shape = protoShapes().messages.get(message);
  const seen = new Map<number, number>();
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const field = shape?.get(number);
    const index = seen.get(number) ?? 0;
    seen.set(number, index + 1);
    const found = field === undefined ? reader.skip(wireType, number) && undefined : look(reader, { field, number, wireType, index, prefix });
    if (found !== undefined) return found;
  }
  return undefined;
}

interface Place {
  readonly field: FieldShape;
  readonly number: number;
  readonly wireType: number;
  readonly index: number;
  readonly prefix: string;
}

function look(reader: BinaryReader, { field, number, wireType, index, prefix }: Place): OutOfRangeField | undefined {
  const pathAt = (at: number): string => `${prefix}${field.name}${field.isRepeated ? `[${at}]` : ''}`;
  const readInt64 = READ_INT64[field.type];
  if (field.type === MESSAGE) return search(field.typeName, reader.bytes(), `${pathAt(index)}.`);
  if (readInt64 === undefined) {
    reader.skip(wireType, number);
    return undefined;
  }
  // A packed list is one length-delimited field; a list that is not packed is many fields.
  const end = wireType === LENGTH_DELIMITED ? reader.uint32() + reader.pos : undefined;
  for (let at = index; end === undefined ? at === index : reader.pos < end; at++) {
    const value = BigInt(readInt64(reader));
    if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER)) return { field: pathAt(at), value };
  }
  return undefined;
}
