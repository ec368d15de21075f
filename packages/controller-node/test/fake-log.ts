import { encodeBatch } from '@quorate/records';
import type { EncodedBatch, Epoch, NodeId, Offset } from '@quorate/records';
import { MemorySnapshotStore } from '@quorate/raft-node';
import type { LeaderKnown, MetadataLog, MetadataLogListener, Proposal, ProposeResult, ProposeRefusal, SnapshotInfo, SnapshotPoint, SnapshotRefusal, SnapshotSink, Timers, ReadIndexOutcome } from '../src/ports.js';

/** A log that commits when the test says so. */
export class FakeLog implements MetadataLog {
  readonly batches: EncodedBatch[] = [];
  highWatermark = 0 as Offset;
  leader: LeaderKnown = { epoch: 1 as Epoch, leaderId: 1 as NodeId };
  isHandingOver = false;
  resigned: string[] = [];
  readonly snapshotStore = new MemorySnapshotStore();
  refuseNext: ProposeRefusal | undefined;
  /** Questions whether this node still leads, not yet answered. */
  questions: ((outcome: ReadIndexOutcome) => void)[] = [];
  /** Called before each proposal is taken; may throw. */
  onProposal: () => void = () => {};
  #listener: MetadataLogListener | undefined;

  get endOffset(): Offset {
    return this.batches.at(-1)?.endOffset ?? (0 as Offset);
  }

  listen(listener: MetadataLogListener): void {
    this.#listener = listener;
  }

  propose(proposal: Proposal): ProposeResult {
    const reason = this.refuseNext ?? (proposal.expectedBaseOffset === this.endOffset ? undefined : 'wrong-offset');
    this.refuseNext = undefined;
    if (reason !== undefined) return { kind: 'refused', reason };
    this.onProposal();
    const batch = this.#encode(proposal, false);
    this.batches.push(batch);
    return { kind: 'appended', batch };
  }

  readIndex(done: (outcome: ReadIndexOutcome) => void): void {
    this.questions.push(done);
  }

  /** A majority has said that we still lead; or, with a reason, we do not. */
  answerQuestions(reason?: 'not-leader' | 'leadership-lost'): void {
    for (const done of this.questions.splice(0)) done(reason === undefined ? { kind: 'ready', index: this.highWatermark } : { kind: 'refused', reason });
  }

  resign(_epoch: Epoch, reason: string): void {
    this.resigned.push(reason);
  }

  /** Without the checks that the real one makes. */
  createSnapshot(at: SnapshotPoint): SnapshotSink | SnapshotRefusal {
    if (at.endOffset > this.highWatermark) return 'not-committed';
    const { endOffset, epoch, ...head } = at;
    return this.snapshotStore.create({ ...head, id: { endOffset, epoch }, kraftVersion: 1, voters: undefined });
  }

  snapshots(): readonly SnapshotInfo[] {
    return this.snapshotStore.list();
  }

  /** Begins an epoch: LeaderChange, commit, claim. */
  elect(epoch: number): void {
    this.leader = { epoch: epoch as Epoch, leaderId: 1 as NodeId };
    const start = this.endOffset;
    this.batches.push(this.#encode({ epoch: epoch as Epoch, records: [{ type: 2, version: 0, payload: new Uint8Array(0) }], requests: [], appendTimeMs: 1 }, true));
    this.commit();
    this.#listener!.claim(epoch as Epoch, start);
  }

  flush(): void {
    this.#listener!.flushed(this.endOffset);
  }

  /** Commits everything, or up to an offset. */
  commit(upTo: number = this.endOffset): void {
    const batches = this.batches.filter((batch) => batch.endOffset > this.highWatermark && batch.endOffset <= upTo);
    if (batches.length === 0) return;
    this.highWatermark = batches.at(-1)!.endOffset;
    this.#listener!.committed(batches, this.highWatermark);
  }

  /** Flushes and commits, and confirms our epoch, until nothing new is proposed. */
  settle(): void {
    while (this.highWatermark < this.endOffset || this.questions.length > 0) {
      this.flush();
      this.commit();
      this.answerQuestions();
    }
  }

  renounce(): void {
    const { epoch } = this.leader;
    this.leader = { epoch: (epoch + 1) as Epoch, leaderId: 2 as NodeId };
    this.#listener!.renounce(epoch, 'test');
  }

  /** The hand-over came to nothing. */
  abandonHandOver(): void {
    this.isHandingOver = false;
    this.#listener!.handOverAbandoned(this.leader.epoch);
  }

  /** What another leader would find: only what was committed. */
  truncateToCommitted(): void {
    while (this.endOffset > this.highWatermark) this.batches.pop();
  }

  #encode(from: Omit<Proposal, 'expectedBaseOffset'>, isControl: boolean): EncodedBatch {
    return encodeBatch({ ...from, baseOffset: this.endOffset, previousChecksum: this.batches.at(-1)?.checksum ?? 0, isControl });
  }
}

export class ManualTimers implements Timers {
  now = 1000;
  /** Deadlines fired so far. */
  fired = 0;
  #atMs: number | undefined;
  #fire: (() => void) | undefined;

  nowMs(): number {
    return this.now;
  }

  wallMs(): number {
    return 1_700_000_000_000 + this.now;
  }

  arm(atMs: number | undefined, fire: () => void): void {
    this.#atMs = atMs;
    this.#fire = fire;
  }

  advance(byMs: number): void {
    const untilMs = this.now + byMs;
    while (this.#atMs !== undefined && this.#atMs <= untilMs) {
      if (++this.fired > 100_000) throw new Error('the same deadline fires again and again');
      this.now = Math.max(this.now, this.#atMs);
      const fire = this.#fire!;
      this.#atMs = undefined;
      fire();
    }
    this.now = untilMs;
  }
}
