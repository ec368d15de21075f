import { readFileSync } from 'node:fs';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { splitDescriptorSet } from './reflection.js';

/** What is needed of a field to find one's way through encoded bytes; numbers as in `descriptor.proto`. */
export interface FieldShape {
  readonly name: string;
  readonly isRepeated: boolean;
  /** `FieldDescriptorProto.Type`. */
  readonly type: number;
  /** Full name of the message, where the field holds one. */
  readonly typeName: string;
}

/** Fields of a message by their number. */
export type MessageShape = ReadonlyMap<number, FieldShape>;

/** Every message and method of our services, as far as their shape goes. */
export interface ProtoShapes {
  /** By full name, such as `quorate.raft.v1.VoteRequest`. */
  readonly messages: ReadonlyMap<string, MessageShape>;
  /** Full name of the request by the method's path, such as `/quorate.raft.v1.RaftService/Vote`. */
  readonly requests: ReadonlyMap<string, string>;
}

const REPEATED = 3;

let read: ProtoShapes | undefined;

/** Reads the descriptors the first time it is asked: only a request that cannot be decoded wants them. */
export function protoShapes(): ProtoShapes {
  read ??= readShapes(splitDescriptorSet(readFileSync(new URL('../../descriptors/quorate.binpb', import.meta.url))));
  return read;
}

function readShapes(files: readonly Uint8Array[]): ProtoShapes {
  const messages = new Map<string, MessageShape>();
  const requests = new Map<string, string>();
  for (const file of files) {
    const { texts, parts } = fieldsOf(file);
    const packageName = texts.get(2) ?? '';
    for (const message of parts.get(4) ?? []) readMessage(packageName, message, messages);
    for (const service of parts.get(6) ?? []) readService(packageName, service, requests);
  }
  return { messages, requests };
}

function readMessage(scope: string, bytes: Uint8Array, messages: Map<string, MessageShape>): void {
  const { texts, parts } = fieldsOf(bytes);
  const name = `${scope}.${texts.get(1)}`;
  const shape = new Map<number, FieldShape>();
  for (const part of parts.get(2) ?? []) {
    const field = fieldsOf(part);
    shape.set(field.numbers.get(3) ?? 0, {
      name: field.texts.get(1) ?? '',
      isRepeated: field.numbers.get(4) === REPEATED,
      type: field.numbers.get(5) ?? 0,
      typeName: (field.texts.get(6) ?? '').replace(/^\./, ''),
    });
  }
  messages.set(name, shape);
  for (const nested of parts.get(3) ?? []) readMessage(name, nested, messages);
}

function readService(scope: string, bytes: Uint8Array, requests: Map<string, string>): void {
  const { texts, parts } = fieldsOf(bytes);
  for (const part of parts.get(2) ?? []) {
    const method = fieldsOf(part).texts;
    requests.set(`/${scope}.${texts.get(1)}/${method.get(1)}`, (method.get(2) ?? '').replace(/^\./, ''));
  }
}

/** The fields of one message of `descriptor.proto`, every length-delimited one both as text and as bytes. */
function fieldsOf(bytes: Uint8Array) {
  const texts = new Map<number, string>();
  const numbers = new Map<number, number>();
  const parts = new Map<number, Uint8Array[]>();
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (wireType === 0) numbers.set(field, reader.int32());
    else if (wireType === 2) {
      const part = reader.bytes();
      texts.set(field, Buffer.from(part).toString('utf8'));
      parts.set(field, [...(parts.get(field) ?? []), part]);
    } else reader.skip(wireType, field);
  }
  return { texts, numbers, parts };
}
