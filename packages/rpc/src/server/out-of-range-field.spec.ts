import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { BrokerHeartbeatRequest, SubmitRequest } from '@quorate/records/gen/quorate/controller/v1/controller';
import { ListTopicsRequest } from '@quorate/records/gen/quorate/admin/v1/topic';
import { FetchRequest } from '@quorate/records/gen/quorate/raft/v1/raft';
import { describe, expect, it } from 'vitest';
import { outOfRangeField } from './out-of-range-field.js';
import { protoShapes } from './proto-shapes.js';

const FETCH = '/quorate.raft.v1.RaftService/Fetch';
const TOO_LARGE = 2n ** 53n;

const int64 = (field: number, value: bigint) => (writer: BinaryWriter) => void writer.tag(field, 0).int64(value);
const nested = (field: number, ...parts: ((writer: BinaryWriter) => void)[]) => (writer: BinaryWriter) => {
  writer.tag(field, 2).fork();
  for (const part of parts) part(writer);
  writer.join();
};
const message = (...parts: ((writer: BinaryWriter) => void)[]): Uint8Array => {
  const writer = new BinaryWriter();
  for (const part of parts) part(writer);
  return writer.finish();
};

describe('finding the integer that is too large', () => {
  it.each<[string, { decode(bytes: Uint8Array): unknown }, Uint8Array, string]>([
    ['/quorate.admin.v1.TopicService/ListTopics', ListTopicsRequest, message(int64(4, TOO_LARGE)), 'at_least_offset'],
    ['/quorate.controller.v1.ControllerService/BrokerHeartbeat', BrokerHeartbeatRequest, message(int64(3, -TOO_LARGE)), 'broker_epoch'],
    [FETCH, FetchRequest, message(nested(2, int64(4, 5n), int64(5, TOO_LARGE))), 'query.fetch_offset'],
    [FETCH, FetchRequest, message(nested(2, nested(12, int64(1, 2n ** 62n)))), 'query.image_digest.last_stable_offset'],
  ])('%s names it', (path, codec, bytes, field) => {
    expect(() => codec.decode(bytes)).toThrow();
    expect(outOfRangeField(path, bytes)?.field).toBe(field);
  });

  it('takes the largest integer that it can hold', () => {
    const bytes = message(nested(2, int64(5, TOO_LARGE - 1n)));

    expect(FetchRequest.decode(bytes).query?.fetchOffset).toBe(Number.MAX_SAFE_INTEGER);
    expect(outOfRangeField(FETCH, bytes)).toBeUndefined();
  });

  it('says nothing of bytes that are wrong in another way, or of a method that it does not know', () => {
    expect(outOfRangeField(FETCH, Uint8Array.of(0x0a, 0xff))).toBeUndefined();
    expect(outOfRangeField('/a.B/C', message(int64(1, TOO_LARGE)))).toBeUndefined();
    expect(outOfRangeField('/quorate.controller.v1.ControllerService/Submit', SubmitRequest.encode({ writes: [] }).finish())).toBeUndefined();
  });

  it('knows the request of every method, and the messages inside it', () => {
    const { messages, requests } = protoShapes();

    expect(requests.size).toBeGreaterThan(20);
    for (const name of requests.values()) expect(messages.has(name)).toBe(true);
    for (const shape of messages.values()) for (const { type, typeName } of shape.values()) if (type === 11) expect(messages.has(typeName), typeName).toBe(true);
  });
});
