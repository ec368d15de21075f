import type { Recovery } from '@quorate/raft-core';
import type { LogListener, LogRead, LogStore } from '@quorate/raft-node';
import type { EncodedBatch, Offset } from '@quorate/records';
import type { LogShadow } from './log-shadow.js';

/** The real log, with everything that happens to it written down in a shadow. */
export class ObservedLog implements LogStore {
  readonly #log: LogStore;
  readonly #shadow: LogShadow;
  readonly #onTruncate: (endOffset: Offset) => void;

  constructor(log: LogStore, shadow: LogShadow, onTruncate: (endOffset: Offset) => void) {
    this.#log = log;
    this.#shadow = shadow;
    this.#onTruncate = onTruncate;
  }

  get startOffset(): Offset {
    return this.#log.startOffset;
  }

  get endOffset(): Offset {
    return this.#log.endOffset;
  }

  get generation(): number {
    return this.#log.generation;
  }

  get endChecksum(): number {
    return this.#log.endChecksum;
  }

  get sizeBytes(): number {
    return this.#log.sizeBytes;
  }

  setListener(listener: LogListener): void {
    this.#log.setListener({
      flushed: (endOffset, generation) => {
        this.#shadow.flushed(endOffset);
        listener.flushed(endOffset, generation);
      },
      failed: (error) => listener.failed(error),
      full: (isFull) => listener.full?.(isFull),
    });
  }

  append(batch: EncodedBatch): void {
    this.#shadow.append(batch);
    this.#log.append(batch);
  }

  truncate(endOffset: Offset, generation: number, done: () => void): void {
    this.#onTruncate(endOffset);
    this.#shadow.truncate(endOffset);
    this.#log.truncate(endOffset, generation, done);
  }

  verify(endOffset: Offset, done: (damagedAt: Offset | undefined, problem: string | undefined) => void): void {
    this.#log.verify(endOffset, done);
  }

  recoverFrom(endOffset: Offset, recovery: Recovery, generation: number, done: () => void): void {
    this.#shadow.truncate(endOffset);
    this.#log.recoverFrom(endOffset, recovery, generation, done);
  }

  recovered(): void {
    this.#log.recovered();
  }

  read(from: Offset, upTo: Offset, maxBytes: number, done: (read: LogRead) => void): void {
    this.#log.read(from, upTo, maxBytes, done);
  }

  checksumAt(offset: Offset): number | undefined {
    return this.#log.checksumAt(offset);
  }

  close(done: () => void): void {
    this.#log.close(done);
  }
}
