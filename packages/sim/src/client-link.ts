import type { Command, ReplyTo } from '@quorate/controller-core';
import type { LinearizableOutcome, SubmitOutcome } from '@quorate/controller-node';
import type { MetadataImage } from '@quorate/metadata-image';
import type { Offset } from '@quorate/records';
import type { Invariants } from './invariants.js';
import type { Network } from './network.js';
import type { SimNode } from './node.js';
import type { World } from './world.js';

/** What a call came to, as the caller sees it. `no-answer`: nobody knows whether it was carried out. */
export type CallOutcome<T> = T | { readonly kind: 'no-answer' };

/** What a read came to; `offset` is the one it was served at. */
export type Seen<T> = { readonly kind: 'ready'; readonly offset: Offset; readonly seen: T } | { readonly kind: 'timed-out'; readonly offset: Offset };

/**
 * Calls from clients and brokers to controllers over the simulated network, which loses and delays them as it does Raft's.
 */
export class ClientLink {
  readonly #world: World;
  readonly #network: Network;
  readonly #nodes: readonly SimNode[];
  readonly #invariants: Invariants;
  /** Address on the network; no controller's. */
  readonly address: number;

  constructor(parts: { world: World; network: Network; nodes: readonly SimNode[]; invariants: Invariants; address: number }) {
    this.#world = parts.world;
    this.#network = parts.network;
    this.#nodes = parts.nodes;
    this.#invariants = parts.invariants;
    this.address = parts.address;
  }

  get nodes(): readonly SimNode[] {
    return this.#nodes;
  }

  /** One call may reach a node twice. */
  get mayDuplicate(): boolean {
    return this.#network.settings.duplicateProbability > 0;
  }

  submit<C extends Command>(
    to: SimNode,
    command: C,
    options: { readonly requestId?: Uint8Array; readonly timeoutMs: number },
    done: (outcome: CallOutcome<SubmitOutcome<ReplyTo<C>>>) => void,
  ): void {
    this.#call(to, options.timeoutMs, done, (answer) => {
      const deadlineMs = to.process!.nowMs() + options.timeoutMs;
      to.controller!.submit(command, { requestId: options.requestId, deadlineMs }, (outcome) => {
        if (outcome.kind === 'committed') {
          const stableOffset = to.controller?.image.appliedOffset ?? 0;
          this.#invariants.replies.answered(to.id, outcome.offset, { stableOffset, committedAnywhere: this.#invariants.committedEnd });
        }
        answer(outcome);
      });
    });
  }

  /** @param options - `see` takes from the node's image what the answer shows, at the moment it is given. */
  read<T>(to: SimNode, atLeastOffset: Offset, options: { readonly timeoutMs: number; readonly see: (image: MetadataImage) => T }, done: (outcome: CallOutcome<Seen<T>>) => void): void {
    const { timeoutMs, see } = options;
    this.#call(to, timeoutMs, done, (answer) => {
      const { image } = to.controller!;
      to.controller!.read(atLeastOffset, to.process!.nowMs() + timeoutMs, ({ kind, offset }) => answer(kind === 'ready' ? { kind, offset, seen: see(image) } : { kind, offset }));
    });
  }

  /** Asks how much of the log a linearizable read needs; only a node that proves that it leads says so. */
  readIndex(to: SimNode, timeoutMs: number, done: (outcome: CallOutcome<LinearizableOutcome>) => void): void {
    this.#call(to, timeoutMs, done, (answer) => to.controller!.readLinearizable(to.process!.nowMs() + timeoutMs, answer));
  }

  #call<T>(to: SimNode, timeoutMs: number, done: (outcome: CallOutcome<T>) => void, ask: (answer: (outcome: T) => void) => void): void {
    let isOpen = true;
    const close = (outcome: CallOutcome<T>): void => {
      if (!isOpen) return;
      isOpen = false;
      done(outcome);
    };
    this.#world.after(timeoutMs * 1.2, () => close({ kind: 'no-answer' }));
    this.#network.send(this.address, to.id, () => {
      to.process?.deliver(() => {
        if (to.controller === undefined) return;
        ask((outcome) => this.#network.send(to.id, this.address, () => close(outcome)));
      });
    });
  }
}
