import type { ControllerNode } from '@quorate/controller-node';
import type { AdminWriter, AnswerTo, WriteBody, WriteOptions } from '../admin/admin-write.js';
import { answerFromReply } from '../admin/answer-from-reply.js';
import { commandFromWrite } from '../admin/command-from-write.js';
import type { LeaderBoard } from './leader-view.js';
import { committedOrThrow } from './outcome.js';

/** What the services of a controller need of its loop. */
export type CommandTaker = Pick<ControllerNode, 'submit'>;

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
