import type { BrokerEpoch, NodeId, Offset } from '@quorate/records';

/**
 * What only the active controller knows of brokers, in memory: when each was last heard, how far it has applied the
 * metadata, and from which offset on a shutting-down broker may go. Nothing of it is in the log; a new controller starts
 * with "heard just now" for every unfenced broker and leaves fenced ones out, so that a restarted single node need not
 * wait a session.
 *
 * All times are monotonic milliseconds.
 */
export class SessionTracker {
  readonly #sessionTimeoutMs: number;
  readonly #sessions = new Map<NodeId, Session>();

  constructor(sessionTimeoutMs: number) {
    this.#sessionTimeoutMs = sessionTimeoutMs;
  }

  /** Begins anew: on claim, and with nothing on renounce. */
  reset(brokers: Iterable<KnownBroker>, nowMs: number): void {
    this.#sessions.clear();
    for (const broker of brokers) {
      const session = newSession(broker.epoch, broker.fenced);
      if (!broker.fenced) session.lastContactMs = nowMs;
      session.shutdownOffset = broker.shutdownOffset;
      this.#sessions.set(broker.id, session);
    }
  }

  /** A registration was replayed. Another epoch than before is a new session; an amended registration keeps the old one. */
  registered(id: NodeId, registration: { readonly epoch: BrokerEpoch; readonly fenced: boolean }, nowMs: number): void {
    const present = this.#sessions.get(id);
    if (present?.epoch === registration.epoch) {
      present.fenced = registration.fenced;
      return;
    }
    const session = newSession(registration.epoch, registration.fenced);
    session.lastContactMs = nowMs;
    this.#sessions.set(id, session);
  }

  unregistered(id: NodeId): void {
    this.#sessions.delete(id);
  }

  /** A fence change was replayed. Unfencing counts as contact only where there was none: the heartbeat that asked for it did. */
  fencedChanged(id: NodeId, fenced: boolean, nowMs: number): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    session.fenced = fenced;
    if (!fenced) session.lastContactMs ??= nowMs;
  }

  /** The broker was heard; one of another epoch is a stranger and ignored. */
  touch(id: NodeId, epoch: BrokerEpoch, nowMs: number): void {
    const session = this.#sessions.get(id);
    if (session?.epoch === epoch) session.lastContactMs = Math.max(session.lastContactMs ?? nowMs, nowMs);
  }

  /** The broker was told to shut down now: whoever registers under its id next is its successor, not its double. */
  dismissed(id: NodeId, epoch: BrokerEpoch): void {
    const session = this.#sessions.get(id);
    if (session?.epoch === epoch) session.lastContactMs = undefined;
  }

  /**
   * How far the broker says that it has applied the metadata (exclusive).
   *
   * @param at - our log end, and the time, as it says so: whether that is all there is, as of a follower's fetch (KIP-595).
   */
  observeOffset(id: NodeId, epoch: BrokerEpoch, metadataOffset: Offset, at: { readonly endOffset: Offset; readonly nowMs: number }): void {
    const session = this.#sessions.get(id);
    if (session?.epoch !== epoch) return;
    const { saidAt } = session;
    if (metadataOffset >= at.endOffset) session.lastCaughtUpMs = at.nowMs;
    else if (saidAt !== undefined && metadataOffset >= saidAt.endOffset) session.lastCaughtUpMs = saidAt.nowMs;
    session.metadataOffset = metadataOffset;
    session.saidAt = at;
  }

  /** How far each broker that has said so has come, for display; by rising id. */
  progress(): readonly BrokerProgress[] {
    const told: BrokerProgress[] = [];
    for (const [id, { metadataOffset, saidAt, lastCaughtUpMs }] of this.#sessions) {
      if (metadataOffset !== undefined && saidAt !== undefined) told.push({ id, metadataOffset, saidMs: saidAt.nowMs, lastCaughtUpMs });
    }
    return told.sort((a, b) => a.id - b.id);
  }

  /**
   * The broker may shut down once every active broker has applied the metadata up to here (exclusive). Raised when a
   * leadership or ISR place is taken from it, never by its heartbeats: a bar that moved with each of them would never be
   * reached (KAFKA-14292).
   */
  raiseShutdownOffset(id: NodeId, endOffset: Offset): void {
    const session = this.#sessions.get(id);
    if (session !== undefined && (session.shutdownOffset ?? -1) < endOffset) session.shutdownOffset = endOffset;
  }

  /** Brokers in controlled shutdown that are not fenced yet. */
  shuttingDown(): NodeId[] {
    const ids: NodeId[] = [];
    for (const [id, { fenced, shutdownOffset }] of this.#sessions) if (!fenced && shutdownOffset !== undefined) ids.push(id);
    return ids;
  }

  shutdownOffset(id: NodeId): Offset | undefined {
    return this.#sessions.get(id)?.shutdownOffset;
  }

  /**
   * Whether the broker was heard within the session timeout. A clock that seems to have gone backwards never expires
   * anybody.
   */
  hasValidSession(id: NodeId, epoch: BrokerEpoch, nowMs: number): boolean {
    const session = this.#sessions.get(id);
    return session?.epoch === epoch && session.lastContactMs !== undefined && !this.#isExpired(session.lastContactMs, nowMs);
  }

  /** Unfenced brokers whose session is over, the longest silent first; equally silent ones by rising id. */
  expired(nowMs: number): NodeId[] {
    const silent: { id: NodeId; lastContactMs: number }[] = [];
    for (const [id, { fenced, lastContactMs }] of this.#sessions) {
      if (!fenced && lastContactMs !== undefined && this.#isExpired(lastContactMs, nowMs)) silent.push({ id, lastContactMs });
    }
    return silent.sort((a, b) => a.lastContactMs - b.lastContactMs || a.id - b.id).map(({ id }) => id);
  }

  /** When the next unfenced broker's session ends unless it is heard; undefined without unfenced brokers. */
  nextExpiryMs(): number | undefined {
    let next: number | undefined;
    for (const { fenced, lastContactMs } of this.#sessions.values()) {
      if (fenced || lastContactMs === undefined) continue;
      const expiryMs = lastContactMs + this.#sessionTimeoutMs;
      if (next === undefined || expiryMs < next) next = expiryMs;
    }
    return next;
  }

  /** Lowest applied offset (exclusive) among the given brokers; one that has not said counts as 0; infinite for nobody. */
  lowestMetadataOffset(ids: Iterable<NodeId>): number {
    let lowest = Number.POSITIVE_INFINITY;
    for (const id of ids) lowest = Math.min(lowest, this.#sessions.get(id)?.metadataOffset ?? 0);
    return lowest;
  }

  /** Last contact by broker, for display; undefined where there was none yet. */
  lastContactMs(id: NodeId): number | undefined {
    return this.#sessions.get(id)?.lastContactMs;
  }

  #isExpired(lastContactMs: number, nowMs: number): boolean {
    return nowMs - lastContactMs >= this.#sessionTimeoutMs;
  }
}

/** A broker as the log knows it when a controller becomes active. */
export interface KnownBroker {
  readonly id: NodeId;
  readonly epoch: BrokerEpoch;
  readonly fenced: boolean;
  /** Set for a broker in controlled shutdown. */
  readonly shutdownOffset: Offset | undefined;
}

/** What a broker has said of itself by its latest heartbeat. */
export interface BrokerProgress {
  readonly id: NodeId;
  /** Applied up to here (exclusive). */
  readonly metadataOffset: Offset;
  readonly saidMs: number;
  /** When it last had all that this controller had; undefined while it never had. */
  readonly lastCaughtUpMs: number | undefined;
}

interface Session {
  readonly epoch: BrokerEpoch;
  fenced: boolean;
  lastContactMs: number | undefined;
  metadataOffset: Offset | undefined;
  /** Our log end and the time when it said so. */
  saidAt: { readonly endOffset: Offset; readonly nowMs: number } | undefined;
  lastCaughtUpMs: number | undefined;
  shutdownOffset: Offset | undefined;
}

function newSession(epoch: BrokerEpoch, fenced: boolean): Session {
  return { epoch, fenced, lastContactMs: undefined, metadataOffset: undefined, saidAt: undefined, lastCaughtUpMs: undefined, shutdownOffset: undefined };
}
