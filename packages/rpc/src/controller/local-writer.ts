import type { Offset } from '@quorate/records';
import { RpcFailure } from '../rpc-failure.js';
import type { ControllerNode } from '@quorate/controller-node';
import type { AdminWriter, AnswerTo, WriteBody, WriteOptions } from '../admin/admin-write.js';
import { answerFromReply } from '../admin/answer-from-reply.js';
import { commandFromWrite } from '../admin/command-from-write.js';
import type { LeaderBoard } from './leader-view.js';
import { committedOrThrow, notController } from './outcome.js';

/** What the services of a controller need of its loop. */
export type CommandTaker = Pick<ControllerNode, 'submit'>;

/** Whoever can confirm that it leads. */
export type IndexReader = Pick<ControllerNode, 'readLinearizable'>;

/** Writes on a controller itself: decided here if it is the active one, refused with the leader's name if not. */
export class LocalWriter implements AdminWriter {
  readonly #controller: CommandTaker;
  readonly #leader: LeaderBoard;

  constructor(controller: CommandTaker, leader: LeaderBoard) {
    this.#controller = controller;
    this.#leader = leader;
  }

  write<W extends WriteBody>(body: W, { requestId, deadlineMs }: WriteOptions): Promise<AnswerTo<W>> {
    return new Promise((resolve, reject) => {
      const command = commandFromWrite(body);
      this.#controller.submit(command, { requestId, deadlineMs }, (outcome) => {
        try {
          const { reply, offset } = committedOrThrow(outcome, this.#leader);
          resolve(answerFromReply(reply, offset) as AnswerTo<W>);
        } catch (error) {
          reject(error);
        }
      });
    });
  }
}

/** The read index of this controller itself, for its own services and for those who ask it. */
export function localReadIndex(controller: IndexReader, leader: LeaderBoard, deadlineMs: number): Promise<Offset> {
  return new Promise((resolve, reject) => {
    controller.readLinearizable(deadlineMs, (outcome) => {
      switch (outcome.kind) {
        case 'ready':
          return resolve(outcome.offset);
        case 'not-controller':
          return reject(notController(leader.view));
        case 'timed-out':
          return reject(new RpcFailure({ reason: 'LEADER_NOT_AVAILABLE', message: 'no majority of voters has confirmed in time that this node still leads', retryAfterMs: 50 }));
      }
    });
  });
}
