import type { InstallResult, SnapshotChunk, SnapshotHead, SnapshotInfo, SnapshotReader, SnapshotSink, SnapshotStore } from '@quorate/raft-node';
import type { SnapshotId } from '@quorate/raft-core';
import type { Offset } from '@quorate/records';
import type { LogShadow } from './log-shadow.js';

/** Told what becomes of a node's snapshots. */
export interface SnapshotObserver {
  /** One was made, installed, or deleted. */
  changed(what: string): void;
}

/** The real snapshot store, with what it does to the log written down in the log's shadow. */
export class ObservedSnapshots implements SnapshotStore {
  readonly #store: SnapshotStore;
  readonly #shadow: LogShadow;
  readonly #observer: SnapshotObserver;

  constructor(store: SnapshotStore, shadow: LogShadow, observer: SnapshotObserver) {
    this.#store = store;
    this.#shadow = shadow;
    this.#observer = observer;
  }

  list(): readonly SnapshotInfo[] {
    return this.#store.list();
  }

  read(id: SnapshotId, position: number, maxBytes: number): SnapshotChunk {
    return this.#store.read(id, position, maxBytes);
  }

  open(id: SnapshotId): SnapshotReader | undefined {
    return this.#store.open(id);
  }

  create(head: SnapshotHead): SnapshotSink {
    const sink = this.#store.create(head);
    return {
      get sizeBytes() {
        return sink.sizeBytes;
      },
      append: (records) => sink.append(records),
      appendRequests: (appendTimeMs, requests) => sink.appendRequests(appendTimeMs, requests),
      freeze: (done) =>
        sink.freeze((outcome) => {
          if (outcome === 'frozen') this.#observer.changed(`has made a snapshot of the first ${head.id.endOffset} records`);
          done(outcome);
        }),
      discard: () => sink.discard(),
    };
  }

  receive(id: SnapshotId, position: number, bytes: Uint8Array): void {
    this.#store.receive(id, position, bytes);
  }

  discardReceived(id: SnapshotId): void {
    this.#store.discardReceived(id);
  }

  install(id: SnapshotId, generation: number, done: (result: InstallResult) => void): void {
    this.#store.install(id, generation, (result) => {
      if (result.kind === 'installed') {
        this.#shadow.beginAnew({ endOffset: id.endOffset, checksum: result.head.chainChecksum });
        this.#observer.changed(`has installed a snapshot of the first ${id.endOffset} records`);
      }
      done(result);
    });
  }

  deleteBefore(startOffset: Offset): void {
    this.#store.deleteBefore(startOffset);
    this.#shadow.deleteBefore(startOffset);
    this.#observer.changed(`has deleted everything before ${startOffset}`);
  }
}
