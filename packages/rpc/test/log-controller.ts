import type { FetchRequest, FetchResponse } from '@quorate/raft-core';
import type { Epoch, Offset } from '@quorate/records';
import { ZERO_UUID } from '@quorate/records';
import { controllerServiceHandlers } from '../src/controller/controller-service.js';
import { LeaderBoard } from '../src/controller/leader-view.js';
import { ControllerServiceService } from '../src/gen/quorate/controller/v1/controller_service.js';
import { RaftPeer } from './raft-peer.js';

/** A controller that says who leads and answers Fetches as the test says: both services on one port of loopback. */
export class LogController extends RaftPeer {
  readonly clusterId: string;
  /** Where it says that it listens. */
  advertisedPort: number | undefined;
  #leader: LogController | undefined;
  #epoch = 0 as Epoch;
  #isActive = false;
  readonly #board: LeaderBoard;

  constructor(id: number, clusterId = 'cluster', recoveryId = ZERO_UUID) {
    super(id);
    this.clusterId = clusterId;
    this.#board = new LeaderBoard(() => ({
      nodeId: this.id,
      hint: {
        leaderId: this.#leader?.id,
        leaderEpoch: this.#epoch,
        leaderEndpoints: this.#leader === undefined ? [] : [{ name: 'CONTROLLER', host: '127.0.0.1', port: this.#leader.advertisedPort ?? this.#leader.port }],
      },
      isActive: this.#isActive,
      highWatermark: undefined,
    }));
    this.server.add(
      ControllerServiceService,
      controllerServiceHandlers({ cluster: { clusterId, recoveryId }, controller: { submit: () => undefined }, reads: { readLinearizable: () => undefined }, leader: this.#board }),
    );
  }

  static async launch(id: number, clusterId?: string, recoveryId = ZERO_UUID): Promise<LogController> {
    const controller = new LogController(id, clusterId, recoveryId);
    await controller.listen();
    controller.transport.open(controller.inbox);
    return controller;
  }

  get endpoint() {
    return { name: 'CONTROLLER', host: '127.0.0.1', port: this.port };
  }

  /** Leads that epoch, and says so. */
  lead(epoch: number): void {
    this.#say(this, epoch, true);
  }

  /** Knows that another one, or nobody yet, leads that epoch. */
  follow(leader: LogController | undefined, epoch: number): void {
    this.#say(leader, epoch, false);
  }

  /** Answers the `n`th Fetch. */
  async answer(n: number, change: Partial<FetchResponse> = {}): Promise<FetchRequest> {
    const { token, request } = await this.nthRequest(n);
    this.transport.reply(token, {
      kind: 'fetch',
      error: 'NONE',
      leaderId: this.id,
      leaderEpoch: this.#epoch,
      leaderEndpoints: [],
      highWatermark: 0 as Offset,
      logStartOffset: 0 as Offset,
      diverging: undefined,
      snapshotId: undefined,
      batches: [],
      readRound: 0,
      feedPublishedOffset: undefined,
      feedKey: undefined,
      ...change,
    });
    return request as FetchRequest;
  }

  #say(leader: LogController | undefined, epoch: number, isActive: boolean): void {
    this.#leader = leader;
    this.#epoch = epoch as Epoch;
    this.#isActive = isActive;
    this.#board.changed();
  }
}
