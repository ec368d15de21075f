import type { Command, CreateTopicsCommand } from '@quorate/controller-core';
import type { LinearizableOutcome, SubmitOptions, SubmitOutcome } from '@quorate/controller-node';
import type { Epoch, NodeId, Offset, Uuid } from '@quorate/records';
import { ZERO_UUID } from '@quorate/records';
import { CONTROLLER_LIMITS } from '../src/limits.js';
import { controllerServiceHandlers } from '../src/controller/controller-service.js';
import { LeaderBoard } from '../src/controller/leader-view.js';
import { ControllerServiceService } from '../src/gen/quorate/controller/v1/controller_service.js';
import type { CallRecord } from '../src/server/call-context.js';
import { RpcServer } from '../src/server/rpc-server.js';

export interface Arrived {
  readonly command: Command;
  readonly options: SubmitOptions;
  readonly done: (outcome: SubmitOutcome) => void;
}

/** A controller as far as its service goes: real gRPC on loopback, and a loop that keeps what arrives until the test decides. */
export class FakeController {
  readonly nodeId: NodeId;
  readonly arrived: Arrived[] = [];
  /** What happens with a command; by default it waits. */
  onCommand: (arrived: Arrived) => void = () => undefined;
  /** Questions for the read index, and what happens with one; by default it waits. */
  readonly questions: ((outcome: LinearizableOutcome) => void)[] = [];
  onQuestion: (done: (outcome: LinearizableOutcome) => void) => void = () => undefined;
  readonly finished: CallRecord[] = [];
  readonly board: LeaderBoard;
  readonly #server: RpcServer;
  #leaderId: NodeId | undefined;
  #epoch = 0 as Epoch;
  #isActive = false;
  #leaderPort: number | undefined;
  port = 0;

  constructor(nodeId: number, clusterId = 'cluster') {
    this.nodeId = nodeId as NodeId;
    this.board = new LeaderBoard(() => ({
      nodeId: this.nodeId,
      hint: {
        leaderId: this.#leaderId,
        leaderEpoch: this.#epoch,
        leaderEndpoints: this.#leaderPort === undefined ? [] : [{ name: 'CONTROLLER', host: '127.0.0.1', port: this.#leaderPort }],
      },
      isActive: this.#isActive,
      highWatermark: 7 as Offset,
    }));
    this.#server = new RpcServer({ limits: CONTROLLER_LIMITS, finished: (call) => this.finished.push(call) });
    this.#server.add(
      ControllerServiceService,
      controllerServiceHandlers({
        cluster: { clusterId, recoveryId: ZERO_UUID },
        controller: {
          submit: (command, options, done) => {
            const arrived = { command, options, done: done as (outcome: SubmitOutcome) => void };
            this.arrived.push(arrived);
            this.onCommand(arrived);
          },
        },
        reads: {
          readLinearizable: (deadlineMs, done) => {
            this.questions.push(done);
            this.onQuestion(done);
          },
        },
        leader: this.board,
      }),
    );
  }

  get endpoint() {
    return { name: 'CONTROLLER', host: '127.0.0.1', port: this.port };
  }

  async listen(port = 0): Promise<this> {
    this.port = await this.#server.listen('127.0.0.1', port);
    return this;
  }

  /** Leads that epoch from now on. */
  lead(epoch: number): void {
    this.#tell({ leader: this, epoch, isActive: true });
  }

  /** Knows that another one leads that epoch. */
  follow(leader: FakeController | undefined, epoch: number): void {
    this.#tell({ leader, epoch, isActive: false });
  }

  stop(graceMs = 0): Promise<void> {
    return this.#server.stop(graceMs);
  }

  #tell(now: { readonly leader: FakeController | undefined; readonly epoch: number; readonly isActive: boolean }): void {
    this.#leaderId = now.leader?.nodeId;
    this.#leaderPort = now.leader?.port;
    this.#epoch = now.epoch as Epoch;
    this.#isActive = now.isActive;
    this.board.changed();
  }
}

/** Commits a CreateTopics as asked. */
export function commit({ command, done }: Arrived, offset = 42): void {
  const { topics } = command as CreateTopicsCommand;
  done({
    kind: 'committed',
    offset: offset as Offset,
    reply: {
      kind: 'createTopics',
      topics: topics.map(({ name }) => ({ name, error: 'NONE', message: undefined, topicId: ZERO_UUID as Uuid, partitionCount: 1, replicationFactor: 1 })),
    },
  });
}
