import type { ServerConfig } from '@quorate/config';
import { KRAFT_VERSION, METADATA_VERSION } from '@quorate/controller-core';
import { uuidToBytes, type BrokerEpoch, type Offset, type Uuid } from '@quorate/records';
import type { Listener } from '@quorate/records/gen/quorate/metadata/v1/metadata';
import { RpcFailure, type BrokerCalls } from '@quorate/rpc';
import type { ControllerCallFailure, ControllerChannel } from './broker-lifecycle.js';

/** Levels of the features that this software supports as a broker. */
export const BROKER_FEATURES = [
  { name: METADATA_VERSION, minSupported: 7, maxSupported: 21 },
  { name: KRAFT_VERSION, minSupported: 0, maxSupported: 1 },
];

export interface ControllerChannelOptions {
  readonly calls: BrokerCalls;
  readonly config: ServerConfig;
  /** New with each start of the process. */
  readonly incarnationId: Uint8Array;
  readonly directoryIds: readonly Uuid[];
  /** As advertised, with the ports that were bound. */
  readonly listeners: readonly Listener[];
}

/** The broker's life talks to the active controller through this. */
export function controllerChannel({ calls, config, incarnationId, directoryIds, listeners }: ControllerChannelOptions): ControllerChannel {
  return {
    register: (previousBrokerEpoch, done) => {
      calls
        .register({
          brokerId: config.nodeId,
          incarnationId,
          listeners: [...listeners],
          features: BROKER_FEATURES,
          rack: config.broker.rack,
          logDirs: directoryIds.map(uuidToBytes),
          previousBrokerEpoch,
        })
        .then(
          ({ brokerEpoch, highWatermark }) => done({ kind: 'registered', brokerEpoch: brokerEpoch as BrokerEpoch, highWatermark: highWatermark as Offset }),
          (error: unknown) => done(callFailure(error)),
        );
    },
    heartbeat: (ask, done) => {
      calls.heartbeat({ ...ask, brokerId: config.nodeId, offlineLogDirs: [] }).then(
        ({ isCaughtUp, isFenced, shouldShutDown, highWatermark }) => done({ kind: 'beaten', isCaughtUp, isFenced, shouldShutDown, highWatermark: highWatermark as Offset }),
        (error: unknown) => done(callFailure(error)),
      );
    },
  };
}

function callFailure(error: unknown): ControllerCallFailure {
  if (error instanceof RpcFailure) return { kind: 'failed', error: error.reason, message: error.message };
  return { kind: 'failed', error: 'UNKNOWN_SERVER_ERROR', message: error instanceof Error ? error.message : String(error) };
}
