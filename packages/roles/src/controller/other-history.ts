import type { ClusterIdentity, CoreEvent, Endpoint } from '@quorate/raft-core';
import { ControllerLink, isLaterHistory, wayIntoHistory } from '@quorate/rpc';

export interface OtherHistoryOptions {
  readonly own: ClusterIdentity;
  /** Where the other controllers are, as this node's log and configuration say. */
  readonly others: readonly Endpoint[];
  /** This node was left behind: it must end. */
  readonly leftBehind: (message: string) => void;
}

/** So long the others are listened to when a look is taken. */
const LOOK_MS = 2000;
/** The event of the Raft core that a peer calls this node a stranger. */
const FOREIGN_PEER = 'raft.peer.foreign';

/**
 * Finds out whether this controller belongs to the history of its cluster from before a lost majority was overridden. Two
 * nodes that disagree refuse each other; this decides which of them ends. It looks at the start, and whenever a peer calls
 * this node a stranger; nothing waits for it, since neither hears the other anyway.
 */
export class OtherHistory {
  readonly #options: OtherHistoryOptions;
  #links: readonly ControllerLink[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: OtherHistoryOptions) {
    this.#options = options;
  }

  heard(event: CoreEvent): void {
    if (event.kind === 'described' && event.name === FOREIGN_PEER && event.attributes['error'] === 'INCONSISTENT_RECOVERY_ID') this.look();
  }

  /** Listens to the others for two seconds. */
  look(): void {
    if (this.#timer !== undefined) return;
    this.#links = this.#options.others.map((endpoint) => new ControllerLink(endpoint, () => this.#judge()));
    this.#timer = setTimeout(() => this.stop(), LOOK_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const link of this.#links) link.close();
    this.#links = [];
  }

  #judge(): void {
    const { own, leftBehind } = this.#options;
    for (const { view, endpoint } of this.#links) {
      if (view === undefined || view.cluster.clusterId !== own.clusterId || !isLaterHistory(view.cluster.recoveryId, own.recoveryId)) continue;
      this.stop();
      return leftBehind(`according to the controller at ${endpoint.host}:${endpoint.port} ${wayIntoHistory(view.cluster.recoveryId)}.`);
    }
  }
}
