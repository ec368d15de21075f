import type { Command, ReplyTo } from '@quorate/controller-core';
import type { ControllerNode, SubmitOptions, SubmitOutcome } from '@quorate/controller-node';
import type { Epoch } from '@quorate/records';
import type { CommandTaker } from '@quorate/rpc';

/**
 * What stands before the controller's loop while the process stops: what was accepted is finished, what comes then is sent
 * to the next leader, before leadership is handed over.
 */
export class CommandGate implements CommandTaker {
  readonly #controller: Pick<ControllerNode, 'submit'>;
  #inWork = 0;
  #closed = false;
  #drained: (() => void) | undefined;

  constructor(controller: Pick<ControllerNode, 'submit'>) {
    this.#controller = controller;
  }

  submit<C extends Command>(command: C, options: SubmitOptions, done: (outcome: SubmitOutcome<ReplyTo<C>>) => void): void {
    if (this.#closed) {
      done({ kind: 'not-controller', leaderId: undefined, epoch: 0 as Epoch });
      return;
    }
    this.#inWork += 1;
    this.#controller.submit(command, options, (outcome) => {
      this.#inWork -= 1;
      done(outcome);
      if (this.#inWork === 0) this.#drained?.();
    });
  }

  /** Takes nothing more; settles when all that was taken is answered, or after that long. */
  close(withinMs: number): Promise<void> {
    this.#closed = true;
    if (this.#inWork === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#drained = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
