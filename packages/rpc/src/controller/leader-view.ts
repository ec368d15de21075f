import type { LeaderHint } from '@quorate/raft-core';
import type { NodeId, Offset } from '@quorate/records';

/** Who leads, as one controller knows it. */
export interface LeaderView {
  /** This controller. */
  readonly nodeId: NodeId;
  /** Leader, epoch and the leader's endpoints. */
  readonly hint: LeaderHint;
  /** Whether this controller leads and decides commands. */
  readonly isActive: boolean;
  /** Exclusive; undefined until known. */
  readonly highWatermark: Offset | undefined;
}

/** The view, and who wants to hear when it changes. Held by the role, which hears of changes from Raft and the controller. */
export class LeaderBoard {
  readonly #read: () => LeaderView;
  readonly #listeners = new Set<(view: LeaderView) => void>();
  #last = '';

  constructor(read: () => LeaderView) {
    this.#read = read;
  }

  get view(): LeaderView {
    return this.#read();
  }

  /** Looks again; tells the listeners if leader, epoch or activity changed. */
  changed(): void {
    const view = this.#read();
    const key = `${view.hint.leaderEpoch} ${view.hint.leaderId} ${view.isActive}`;
    if (key === this.#last) return;
    this.#last = key;
    for (const listener of [...this.#listeners]) listener(view);
  }

  /** @returns a function that stops the telling. */
  subscribe(listener: (view: LeaderView) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
