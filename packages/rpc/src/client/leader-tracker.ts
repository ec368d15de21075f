import type { ClusterIdentity, Endpoint } from '@quorate/raft-core';
import type { Epoch, NodeId, Uuid } from '@quorate/records';
import { ControllerLink } from './controller-link.js';
import { isLaterHistory } from './later-history.js';

/** The active controller, as it says of itself. */
export interface ActiveLeader {
  readonly nodeId: NodeId;
  readonly epoch: Epoch;
  readonly link: ControllerLink;
}

export interface LeaderTrackerOptions {
  /** Where to begin; the leader's own endpoints are added as they become known. */
  readonly bootstrapServers: readonly Endpoint[];
  /**
   * The cluster that we belong to; undefined takes that of the first controller that answers, and so does a recovery id
   * that is undefined (a process without a data directory knows a configured cluster id at most).
   */
  readonly cluster: { readonly clusterId: string; readonly recoveryId: Uuid | undefined } | undefined;
  /** Something that a person should know: a controller of another cluster. */
  readonly problem: (message: string) => void;
  /** A controller of our cluster tells of a later history than ours: what we hold is of before an override of the voters. Told once a controller. */
  readonly laterHistory?: (found: { readonly endpoint: Endpoint; readonly recoveryId: Uuid }) => void;
}

/**
 * Knows the active controller of the newest epoch. Every known controller is asked all the time, so that a new leader is
 * known the moment it is active, also while the old one hangs without a word (a stopped process keeps its connections).
 */
export class LeaderTracker {
  readonly #options: LeaderTrackerOptions;
  readonly #links = new Map<string, ControllerLink>();
  readonly #listeners = new Set<() => void>();
  #cluster: ClusterIdentity | undefined;
  #leader: ActiveLeader | undefined;
  /** The newest epoch that somebody has won: the cluster never goes back behind it. */
  #wonEpoch = 0 as Epoch;
  #knownEpoch = 0 as Epoch;
  #foreign = new Set<ControllerLink>();
  #closed = false;

  constructor(options: LeaderTrackerOptions) {
    this.#options = options;
    const { cluster } = options;
    if (cluster?.recoveryId !== undefined) this.#cluster = { clusterId: cluster.clusterId, recoveryId: cluster.recoveryId };
    for (const endpoint of options.bootstrapServers) this.#add(endpoint);
  }

  /** Undefined while nobody leads, or nobody who leads can be reached. */
  get leader(): ActiveLeader | undefined {
    return this.#leader;
  }

  /**
   * The newest epoch that any controller has told of. One without a leader is forgotten with the last controller that is in
   * it: a candidate that never comes back must not make everybody distrust the leader that the others still have.
   */
  get knownEpoch(): Epoch {
    return this.#knownEpoch;
  }

  /** Ours, or that of the first controller that answered. */
  get cluster(): ClusterIdentity | undefined {
    return this.#cluster;
  }

  /** Every controller that we know of, reachable or not. */
  get links(): readonly ControllerLink[] {
    return [...this.#links.values()];
  }

  /** Called whenever leader, epoch or cluster may have changed; returns a function that stops it. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    this.#closed = true;
    for (const link of this.#links.values()) link.close();
    this.#listeners.clear();
  }

  /** The link to that address, a new one if there is none. */
  #add(endpoint: Endpoint): ControllerLink {
    const key = `${endpoint.host}:${endpoint.port}`;
    const known = this.#links.get(key);
    if (known !== undefined) return known;
    const link = new ControllerLink(endpoint, () => this.#look());
    this.#links.set(key, link);
    return link;
  }

  #look(): void {
    if (this.#closed) return;
    let leader: ActiveLeader | undefined;
    let heardEpoch = 0 as Epoch;
    for (const link of this.links) {
      const { view } = link;
      if (view === undefined || this.#isForeign(link, view.cluster)) continue;
      const { leaderId, leaderEpoch } = view.hint;
      if (leaderEpoch > heardEpoch) heardEpoch = leaderEpoch;
      if (leaderId !== undefined && leaderEpoch > this.#wonEpoch) this.#wonEpoch = leaderEpoch;
      for (const endpoint of view.hint.leaderEndpoints.slice(0, 1)) this.#add(endpoint).wake(leaderEpoch);
      if (view.isActive && (leader === undefined || view.hint.leaderEpoch > leader.epoch)) {
        leader = { nodeId: view.nodeId, epoch: view.hint.leaderEpoch, link };
      }
    }
    this.#knownEpoch = Math.max(this.#wonEpoch, heardEpoch) as Epoch;
    // Who says that it leads an epoch which others have left behind leads no more.
    if (leader !== undefined && leader.epoch < this.#knownEpoch) leader = undefined;
    const isSame = leader?.epoch === this.#leader?.epoch && leader?.link === this.#leader?.link;
    if (!isSame) this.#leader = leader;
    for (const listener of [...this.#listeners]) listener();
  }

  #isForeign(link: ControllerLink, cluster: ClusterIdentity): boolean {
    const wantedId = this.#cluster?.clusterId ?? this.#options.cluster?.clusterId;
    if (wantedId === undefined || wantedId === cluster.clusterId) {
      this.#cluster ??= cluster;
      if (cluster.recoveryId === this.#cluster.recoveryId) return false;
    }
    if (!this.#foreign.has(link)) {
      this.#foreign.add(link);
      const own = this.#cluster;
      if (own?.clusterId === cluster.clusterId && isLaterHistory(cluster.recoveryId, own.recoveryId)) this.#options.laterHistory?.({ endpoint: link.endpoint, recoveryId: cluster.recoveryId });
      this.#options.problem(`the controller at ${link.endpoint.host}:${link.endpoint.port} belongs to cluster ${cluster.clusterId}${wantedId === cluster.clusterId ? ' after an override of its lost majority (another recovery id)' : ''}, we to ${wantedId}: it is not used`);
    }
    return true;
  }
}
