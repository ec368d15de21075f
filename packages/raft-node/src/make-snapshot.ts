import type { RaftContent, SnapshotId, SnapshotPointRefusal } from '@quorate/raft-core';
import type { RawRecord, RequestOutcome } from '@quorate/records';
import type { LogStore } from './ports.js';
import type { SnapshotSink, SnapshotStore } from './snapshot-ports.js';
import type { SnapshotPoint, SnapshotRefusal } from './state-machine.js';

/** What the making of snapshots needs of the node. */
export interface SnapshotMaking {
  readonly store: SnapshotStore;
  readonly log: LogStore;
  decide(id: SnapshotId): SnapshotPointRefusal | RaftContent;
  /** It is on disk under its name. */
  created(id: SnapshotId): void;
}

/** Makes the node's own snapshots, one at a time. */
export class SnapshotMaker {
  readonly #making: SnapshotMaking;
  #busy = false;

  constructor(making: SnapshotMaking) {
    this.#making = making;
  }

  create(at: SnapshotPoint): SnapshotSink | SnapshotRefusal {
    if (this.#busy) return 'busy';
    const { store, log } = this.#making;
    const id: SnapshotId = { endOffset: at.endOffset, epoch: at.epoch };
    const content = this.#making.decide(id);
    if (typeof content === 'string') return content;
    const checksum = log.checksumAt(at.endOffset);
    if (checksum !== undefined && checksum !== at.chainChecksum) return 'not-a-batch-edge';
    this.#busy = true;
    const { lastContainedTimestampMs, chainChecksum, imageDigest } = at;
    return this.#wrap(id, store.create({ id, lastContainedTimestampMs, chainChecksum, imageDigest, ...content }));
  }

  #wrap(id: SnapshotId, sink: SnapshotSink): SnapshotSink {
    const end = (): void => {
      this.#busy = false;
    };
    return {
      get sizeBytes() {
        return sink.sizeBytes;
      },
      append: (records: readonly RawRecord[]) => sink.append(records),
      appendRequests: (appendTimeMs: number, requests: readonly RequestOutcome[]) => sink.appendRequests(appendTimeMs, requests),
      freeze: (done) => {
        // One that was fetched meanwhile may hold more: then this one would lie before the log's start, where nothing may be.
        if (typeof this.#making.decide(id) === 'string') {
          end();
          sink.discard();
          return done('overtaken');
        }
        sink.freeze((outcome) => {
          end();
          if (outcome === 'frozen') this.#making.created(id);
          done(outcome);
        });
      },
      discard: () => {
        end();
        sink.discard();
      },
    };
  }
}
