import { SubmitRequest } from '@quorate/records/gen/quorate/controller/v1/controller';
import { RpcFailure } from '@quorate/rpc';
import { commandFromWrite, keyAfter, outOfRangeField, pageToken, requestIdOrNew } from '@quorate/rpc/decoders';
import { utf8Decode, utf8Encode } from '@quorate/records';
import type { FuzzTarget } from '../target.js';
import { uuid } from './made.js';

const NAMES = ['orders', 'a.b-c_d', '', '..', 'x'.repeat(249)];

// Reads the descriptors, which is done once in a process, before anything is counted.
outOfRangeField('/quorate.controller.v1.ControllerService/Submit', new Uint8Array(0));

/** Every admin write there is, as it comes over a stream of writes, and the search for the field that the decoder could not hold. */
export const adminTarget: FuzzTarget = {
  name: 'admin-requests',
  shape: 'protobuf',
  valid: (random) => {
    const assignment = () => ({ partitionId: random.below(4), brokerIds: [101, 102] });
    const options = { requestId: '', validateOnly: random.oneIn(3), atomic: random.oneIn(3) };
    const topics = [{ name: random.pick(NAMES), partitionCount: random.between(-1, 9), replicationFactor: random.between(-1, 3), assignments: random.oneIn(2) ? [] : [assignment()], configs: random.oneIn(2) ? [] : [{ name: 'retention.ms', value: '1' }] }];
    const references = [random.oneIn(2) ? { topic: { $case: 'name' as const, value: 'orders' } } : { topic: { $case: 'topicId' as const, value: uuid(random) } }];
    const writes = [
      { $case: 'createTopics' as const, value: { ...options, topics } },
      { $case: 'deleteTopics' as const, value: { ...options, topics: references } },
      { $case: 'createPartitions' as const, value: { ...options, topics: [{ name: 'orders', totalCount: 4, assignments: [] }] } },
      { $case: 'unregisterBroker' as const, value: { ...options, brokerId: 101 } },
    ];
    return SubmitRequest.encode({ writes: [{ requestId: random.bytes(16), timeoutMs: random.below(9999), write: random.pick(writes) as never }] }).finish();
  },
  // A topic without fields takes two bytes, a command for it some hundred.
  heapPerByte: 512,
  decode: (bytes) => {
    let request: SubmitRequest;
    try {
      request = SubmitRequest.decode(bytes);
    } catch {
      // What a server says of bytes that it cannot decode.
      outOfRangeField('/quorate.controller.v1.ControllerService/Submit', bytes);
      return 'refused';
    }
    let verdict: 'read' | 'refused' = 'read';
    for (const { write } of request.writes) {
      if (write === undefined) continue;
      try {
        commandFromWrite(write);
      } catch (error) {
        if (!(error instanceof RpcFailure)) throw error;
        verdict = 'refused';
      }
    }
    return verdict;
  },
};

/** Texts that callers hand back or make up: page tokens, request ids. */
export const tokenTarget: FuzzTarget = {
  name: 'page-token',
  shape: 'text',
  valid: (random) => utf8Encode(pageToken('topics', random.pick(NAMES))),
  decode: (bytes) => {
    const text = utf8Decode(bytes);
    try {
      if (text !== '') requestIdOrNew(text, 0);
    } catch (error) {
      if (!(error instanceof RpcFailure)) throw error;
    }
    try {
      keyAfter('topics', text);
      return 'read';
    } catch (error) {
      if (error instanceof RpcFailure) return 'refused';
      throw error;
    }
  },
};
