import { credentials } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServiceError } from '@grpc/grpc-js';
import type { Reply } from '@quorate/controller-core';
import type { Offset } from '@quorate/records';
import type { AdminAnswer, BrokerHeartbeatRequest, RegisterBrokerRequest, SubmitResponse, WatchLeaderResponse } from '@quorate/records/gen/quorate/controller/v1/controller';
import { commit, FakeController } from '../../test/fake-controller.js';
import { until } from '../../test/until.js';
import { errorFromStatus, errorFromStatusProto } from '../error-from-status.js';
import { ControllerServiceClient } from '../gen/quorate/controller/v1/controller_service.js';
import { newRequestId } from '../request-id.js';
import type { RpcFailure } from '../rpc-failure.js';

let controller: FakeController;
let client: ControllerServiceClient;
beforeEach(async () => {
  controller = await new FakeController(1).listen();
  controller.lead(4);
  client = new ControllerServiceClient(`127.0.0.1:${controller.port}`, credentials.createInsecure());
});
afterEach(async () => {
  client.close();
  await controller.stop();
});

const bytes = (fill: number): Uint8Array => new Uint8Array(16).fill(fill);
const cluster = { clusterId: 'cluster', recoveryId: bytes(0) };
const registering = (wrong: Partial<RegisterBrokerRequest> = {}): RegisterBrokerRequest => ({
  cluster,
  brokerId: 101,
  incarnationId: bytes(1),
  listeners: [{ name: 'PLAINTEXT', host: '127.0.0.1', port: 9092, securityProtocol: 0 }],
  features: [],
  rack: 'r1',
  logDirs: [bytes(2)],
  previousBrokerEpoch: undefined,
  ...wrong,
});
const beating = (wrong: Partial<BrokerHeartbeatRequest> = {}): BrokerHeartbeatRequest => ({ cluster, brokerId: 101, brokerEpoch: 5, currentMetadataOffset: 9, wantFence: false, wantShutDown: false, offlineLogDirs: [], ...wrong });

function answered<T>(start: (done: (error: ServiceError | null, answer: T) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) => start((error, answer) => (error === null ? resolve(answer) : reject(errorFromStatus(error)))));
}
const failure = (promise: Promise<unknown>): Promise<RpcFailure> => promise.then(() => Promise.reject(new Error('it did not fail')), (error: RpcFailure) => error);
const always = (reply: Reply) => {
  controller.onCommand = ({ done }) => done({ kind: 'committed', reply, offset: 12 as Offset });
};

describe('brokers at the active controller', () => {
  it('register, and get their epoch and the high watermark', async () => {
    always({ kind: 'registerBroker', error: 'NONE', message: undefined, brokerEpoch: 11 as never });

    const answer = await answered((done) => client.registerBroker(registering(), done));

    expect(answer).toEqual({ brokerEpoch: 11, offset: 12, highWatermark: 7 });
    expect(controller.arrived[0]?.command).toMatchObject({ kind: 'registerBroker', brokerId: 101, rack: 'r1', endpoints: [{ port: 9092 }] });
  });

  it('beat, and learn what they may do and who leads', async () => {
    always({ kind: 'brokerHeartbeat', error: 'NONE', message: undefined, isCaughtUp: true, isFenced: false, shouldShutDown: false });

    expect(await answered((done) => client.brokerHeartbeat(beating(), done))).toEqual({ isCaughtUp: true, isFenced: false, shouldShutDown: false, highWatermark: 7, leaderEpoch: 4, offset: 12 });
  });

  it('are refused with Kafka\'s name for it', async () => {
    always({ kind: 'brokerHeartbeat', error: 'STALE_BROKER_EPOCH', message: 'older than 9', isCaughtUp: false, isFenced: true, shouldShutDown: false });

    expect(await failure(answered((done) => client.brokerHeartbeat(beating(), done)))).toMatchObject({ reason: 'STALE_BROKER_EPOCH', message: 'older than 9' });
  });

  it('of another cluster, or another life of it, are told so', async () => {
    const foreign = { clusterId: 'another', recoveryId: bytes(0) };
    const reborn = { clusterId: 'cluster', recoveryId: bytes(3) };

    expect(await failure(answered((done) => client.registerBroker(registering({ cluster: foreign }), done)))).toMatchObject({ reason: 'INCONSISTENT_CLUSTER_ID' });
    expect(await failure(answered((done) => client.brokerHeartbeat(beating({ cluster: reborn }), done)))).toMatchObject({ reason: 'INCONSISTENT_RECOVERY_ID' });
    expect(controller.arrived).toEqual([]);
  });

  it.each([
    ['cluster', { cluster: undefined }],
    ['broker_id', { brokerId: -1 }],
    ['incarnation_id', { incarnationId: new Uint8Array(4) }],
    ['log_dirs[0]', { logDirs: [new Uint8Array(4)] }],
    ['listeners[0].name', { listeners: [{ name: '', host: 'h', port: 1, securityProtocol: 0 }] }],
    ['listeners[0].host', { listeners: [{ name: 'P', host: '', port: 1, securityProtocol: 0 }] }],
    ['listeners[0].port', { listeners: [{ name: 'P', host: 'h', port: 70_000, securityProtocol: 0 }] }],
  ] satisfies [string, Partial<RegisterBrokerRequest>][])('are refused a registration with a wrong %s', async (field, wrong) => {
    expect((await failure(answered((done) => client.registerBroker(registering(wrong), done)))).fields.map((violation) => violation.field)).toEqual([field]);
  });

  it.each([
    ['broker_id', { brokerId: -1 }],
    ['broker_epoch', { brokerEpoch: -2 }],
    ['current_metadata_offset', { currentMetadataOffset: -1 }],
    ['offline_log_dirs[0]', { offlineLogDirs: [new Uint8Array(1)] }],
  ] satisfies [string, Partial<BrokerHeartbeatRequest>][])('are refused a heartbeat with a wrong %s', async (field, wrong) => {
    expect((await failure(answered((done) => client.brokerHeartbeat(beating(wrong), done)))).fields.map((violation) => violation.field)).toEqual([field]);
  });
});

describe('a controller that is not the active one', () => {
  it('names the leader, its epoch and its address', async () => {
    const leader = await new FakeController(2).listen();
    controller.follow(leader, 6);
    controller.onCommand = ({ done }) => done({ kind: 'not-controller', leaderId: leader.nodeId, epoch: 6 as never });

    expect(await failure(answered((done) => client.brokerHeartbeat(beating(), done)))).toMatchObject({ reason: 'NOT_CONTROLLER', metadata: { leader_id: '2', leader_epoch: '6', endpoint: `127.0.0.1:${leader.port}`, outcome: 'not_applied' } });
    await leader.stop();
  });

  it('says that nobody leads, and when to ask again', async () => {
    controller.follow(undefined, 6);
    controller.onCommand = ({ done }) => done({ kind: 'not-controller', leaderId: undefined, epoch: 6 as never });

    expect(await failure(answered((done) => client.brokerHeartbeat(beating(), done)))).toMatchObject({ reason: 'LEADER_NOT_AVAILABLE', retryAfterMs: 50 });
  });
});

describe('a stream of writes', () => {
  const createTopics = (name: string) => ({ $case: 'createTopics' as const, value: { topics: [{ name, partitionCount: 1, replicationFactor: 1, assignments: [], configs: [] }], validateOnly: false, atomic: false, requestId: '' } });

  function open() {
    const stream = client.submit();
    const messages: SubmitResponse[] = [];
    stream.on('data', (message: SubmitResponse) => messages.push(message));
    stream.on('error', () => undefined);
    const answers = (): AdminAnswer[] => messages.flatMap((message) => message.answers);
    return { stream, messages, answers };
  }

  it('gets the answers that one commit releases in one message, under their request ids', async () => {
    const { stream, messages, answers } = open();
    const ids = [newRequestId(1000), newRequestId(1000)];
    stream.write({ writes: ids.map((requestId, index) => ({ requestId, timeoutMs: 1000, write: createTopics(`t${index}`) })) });
    await until('both to arrive', () => controller.arrived.length === 2);

    for (const arrived of controller.arrived) commit(arrived, 50);
    await until('the answers', () => answers().length === 2);

    expect(messages).toHaveLength(1);
    expect(answers().map(({ requestId }) => Buffer.from(requestId).toString('hex'))).toEqual(ids.map((id) => Buffer.from(id).toString('hex')));
    stream.end();
  });

  it('answers a wrong write alone, and decides the others', async () => {
    controller.onCommand = (arrived) => commit(arrived);
    const { stream, answers } = open();
    stream.write({
      writes: [
        { requestId: new Uint8Array(3), timeoutMs: 0, write: createTopics('a') },
        { requestId: newRequestId(1), timeoutMs: 0, write: undefined },
        { requestId: newRequestId(2), timeoutMs: 0, write: createTopics('b') },
      ],
    });

    await until('three answers', () => answers().length === 3);

    const failures = answers().flatMap(({ answer }) => (answer?.$case === 'failure' ? [errorFromStatusProto(answer.value).fields[0]?.field] : []));
    expect(failures).toEqual(['writes.request_id', 'writes.write']);
    expect(controller.arrived).toHaveLength(1);
    stream.end();
  });

  it('is ended in good order, after its answers, when the controller stops', async () => {
    const { stream, answers } = open();
    let over: number | undefined;
    stream.on('status', ({ code }) => (over = code));
    stream.write({ writes: [{ requestId: newRequestId(1), timeoutMs: 5000, write: createTopics('a') }] });
    await until('it to arrive', () => controller.arrived.length === 1);

    const stopping = controller.stop(5000);
    commit(controller.arrived[0]!);
    await stopping;

    await until('the end', () => over !== undefined);
    expect(answers()).toHaveLength(1);
    expect(over).toBe(0);
  });
});

describe('who asks to be told of the leader', () => {
  it('is told at once, and of every change once', async () => {
    const seen: WatchLeaderResponse[] = [];
    const stream = client.watchLeader({});
    stream.on('data', (message: WatchLeaderResponse) => seen.push(message));
    stream.on('error', () => undefined);
    await until('the first word', () => seen.length === 1);

    controller.board.changed();
    controller.follow(undefined, 5);
    controller.board.changed();
    controller.lead(6);
    await until('the changes', () => seen.length === 3);

    expect(seen.map(({ leader, active }) => [leader?.leaderEpoch, leader?.leaderId, active])).toEqual([[4, 1, true], [5, undefined, false], [6, 1, true]]);
    expect(seen[0]).toMatchObject({ nodeId: 1, highWatermark: 7, cluster: { clusterId: 'cluster' } });
    stream.cancel();
  });
});
