import type { ClusterIdentity } from '@quorate/raft-core';
import { uuidFromBytes, type BrokerEpoch, type Offset } from '@quorate/records';
import type { BrokerHeartbeatRequest, BrokerHeartbeatResponse, ReadIndexResponse, RegisterBrokerRequest, RegisterBrokerResponse, WatchLeaderResponse } from '@quorate/records/gen/quorate/controller/v1/controller';
import { throwIfRefused } from '../admin/answer-from-reply.js';
import { isLaterHistory, wayIntoHistory } from '../client/later-history.js';
import { FieldChecks } from '../field-checks.js';
import type { ControllerServiceService } from '../gen/quorate/controller/v1/controller_service.js';
import { RpcFailure } from '../rpc-failure.js';
import type { CallContext } from '../server/call-context.js';
import type { HandlersOf, StreamSink } from '../server/handlers.js';
import { clusterFromWire, clusterToWire, leaderToWire } from '../wire/raft-parts.js';
import type { LeaderBoard, LeaderView } from './leader-view.js';
import { localReadIndex, type CommandTaker, type IndexReader } from './local-writer.js';
import { committedOrThrow } from './outcome.js';
import { serveSubmit } from './submit-stream.js';
import type { Command, ReplyTo } from '@quorate/controller-core';
import type { ClusterIdentity as WireCluster } from '@quorate/records/gen/quorate/raft/v1/raft';

export interface ControllerServiceOptions {
  readonly cluster: ClusterIdentity;
  readonly controller: CommandTaker;
  /** For linearizable reads. */
  readonly reads: IndexReader;
  readonly leader: LeaderBoard;
}

/** What brokers and gateways ask of a controller. */
export function controllerServiceHandlers({ cluster, controller, reads, leader }: ControllerServiceOptions): HandlersOf<typeof ControllerServiceService> {
  const decide = <C extends Command>(command: C, context: CallContext): Promise<{ readonly reply: ReplyTo<C>; readonly offset: Offset }> =>
    new Promise((resolve, reject) => {
      controller.submit(command, { deadlineMs: context.deadlineMs }, (outcome) => {
        try {
          resolve(committedOrThrow(outcome, leader));
        } catch (error) {
          reject(error);
        }
      });
    });
  const highWatermark = (): number => leader.view.highWatermark ?? 0;

  return {
    registerBroker: async (request, context): Promise<RegisterBrokerResponse> => {
      refuseForeign(cluster, request.cluster);
      const { reply, offset } = await decide(registerCommand(request, cluster.clusterId), context);
      throwIfRefused(reply);
      return { brokerEpoch: reply.brokerEpoch ?? 0, offset, highWatermark: highWatermark() };
    },
    brokerHeartbeat: async (request, context): Promise<BrokerHeartbeatResponse> => {
      refuseForeign(cluster, request.cluster);
      const { reply, offset } = await decide(heartbeatCommand(request), context);
      throwIfRefused(reply);
      const { isCaughtUp, isFenced, shouldShutDown } = reply;
      return { isCaughtUp, isFenced, shouldShutDown, highWatermark: highWatermark(), leaderEpoch: leader.view.hint.leaderEpoch, offset };
    },
    submit: (stream, context) => serveSubmit(stream, context, { controller, leader }),
    readIndex: async (request, context): Promise<ReadIndexResponse> => {
      refuseForeign(cluster, request.cluster);
      const offset = await localReadIndex(reads, leader, context.deadlineMs);
      return { offset, leaderEpoch: leader.view.hint.leaderEpoch };
    },
    watchLeader: (_request, sink, context) => serveWatchLeader(sink, context, { cluster, leader }),
  };
}

function refuseForeign(own: ClusterIdentity, sent: WireCluster | undefined): void {
  const { clusterId, recoveryId } = clusterFromWire('cluster', sent);
  if (clusterId !== own.clusterId) {
    throw new RpcFailure({ reason: 'INCONSISTENT_CLUSTER_ID', message: `this is cluster ${own.clusterId}, the caller belongs to ${clusterId}: check its bootstrap servers and its meta.properties` });
  }
  if (recoveryId !== own.recoveryId) {
    throw new RpcFailure({ reason: 'INCONSISTENT_RECOVERY_ID', message: isLaterHistory(own.recoveryId, recoveryId) ? wayIntoHistory(own.recoveryId) : `the caller belongs to a later history of this cluster (recovery id ${recoveryId}) than this controller (${own.recoveryId})` });
  }
}

function registerCommand(request: RegisterBrokerRequest, clusterId: string): Command & { kind: 'registerBroker' } {
  const checks = new FieldChecks();
  const brokerId = checks.nodeId('broker_id', request.brokerId);
  const uuid = (field: string, bytes: Uint8Array) => {
    if (bytes.length !== 16) checks.refuse(field, `must have 16 bytes, got ${bytes.length}`);
    return bytes.length === 16 ? uuidFromBytes(bytes) : undefined;
  };
  const incarnationId = uuid('incarnation_id', request.incarnationId);
  const logDirs = request.logDirs.map((id, index) => uuid(`log_dirs[${index}]`, id));
  request.listeners.forEach(({ name, host, port }, index) => {
    if (name === '') checks.refuse(`listeners[${index}].name`, 'must not be empty');
    if (host === '') checks.refuse(`listeners[${index}].host`, 'must not be empty');
    if (port < 1 || port > 65_535) checks.refuse(`listeners[${index}].port`, `must be from 1 to 65535, got ${port}`);
  });
  checks.done();
  return {
    kind: 'registerBroker',
    clusterId,
    brokerId,
    incarnationId: incarnationId!,
    endpoints: request.listeners,
    features: request.features,
    rack: request.rack,
    logDirs: logDirs.map((id) => id!),
    previousBrokerEpoch: request.previousBrokerEpoch as BrokerEpoch | undefined,
  };
}

function heartbeatCommand(request: BrokerHeartbeatRequest): Command & { kind: 'brokerHeartbeat' } {
  const checks = new FieldChecks();
  const brokerId = checks.nodeId('broker_id', request.brokerId);
  if (request.brokerEpoch < 0) checks.refuse('broker_epoch', `must be 0 or more, got ${request.brokerEpoch}`);
  const currentMetadataOffset = checks.offset('current_metadata_offset', request.currentMetadataOffset);
  request.offlineLogDirs.forEach((id, index) => {
    if (id.length !== 16) checks.refuse(`offline_log_dirs[${index}]`, `must have 16 bytes, got ${id.length}`);
  });
  checks.done();
  return {
    kind: 'brokerHeartbeat',
    brokerId,
    brokerEpoch: request.brokerEpoch as BrokerEpoch,
    currentMetadataOffset,
    wantFence: request.wantFence,
    wantShutDown: request.wantShutDown,
    offlineLogDirs: request.offlineLogDirs.map(uuidFromBytes),
  };
}

function serveWatchLeader(sink: StreamSink<WatchLeaderResponse>, context: CallContext, { cluster, leader }: Pick<ControllerServiceOptions, 'cluster' | 'leader'>): void {
  const send = (view: LeaderView): void => {
    sink.send({ leader: leaderToWire(view.hint), active: view.isActive, nodeId: view.nodeId, highWatermark: view.highWatermark ?? 0, cluster: clusterToWire(cluster) });
  };
  const stop = leader.subscribe(send);
  context.signal.addEventListener('abort', stop, { once: true });
  send(leader.view);
}
