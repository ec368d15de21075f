import type { InstallResult, SnapshotChunk, SnapshotHead, SnapshotInfo, SnapshotOutcome, SnapshotReader, SnapshotSink, SnapshotStore } from '@quorate/raft-node';
import { assert } from './assert.js';
import type { DeferredDeletion } from './deferred-deletion.js';
import type { FileHandle, FileSystem } from './file-system.js';
import { isDiskError, isOutOfSpace } from './file-system-error.js';
import type { DiskLogStore } from './log-store.js';
import { snapshotPath, type SnapshotId } from './paths.js';
import { ReceivedSnapshot } from './received-snapshot.js';
import { SnapshotWriter } from './snapshot-file.js';
import { DiskSnapshotReader } from './snapshot-reader.js';

/** What the snapshot store needs besides the snapshots that recovery found. */
export interface SnapshotStoreOptions {
  /** For snapshots in the making, which are given up when the disk is full: they may not have the reserve. */
  readonly bulk: FileSystem;
  /** For everything else. */
  readonly fs: FileSystem;
  readonly clusterId: string;
  /** The log that they stand for; its listener hears of every failure. */
  readonly log: DiskLogStore;
  readonly deletions: DeferredDeletion;
}

/**
 * The snapshots of one directory. What is in the list is whole: a snapshot of this node's own was written with a running
 * digest, a received one was verified byte by byte as it came, one found at the start was read through then.
 */
export class DiskSnapshotStore implements SnapshotStore {
  private readonly options: SnapshotStoreOptions;
  /** Oldest first. */
  private infos: SnapshotInfo[];
  private received: ReceivedSnapshot | undefined;
  /** The one that is being served, open. */
  private served: { readonly id: SnapshotId; readonly file: FileHandle; readonly size: number } | undefined;

  constructor(options: SnapshotStoreOptions, found: readonly SnapshotInfo[]) {
    this.options = options;
    this.infos = found.map(({ id, sizeBytes, lastContainedTimestampMs, chainChecksum }) => ({ id, sizeBytes, lastContainedTimestampMs, chainChecksum }));
  }

  list(): readonly SnapshotInfo[] {
    return this.infos;
  }

  /** A failed read is told to the log's listener, and answered as if nothing were there. */
  read(id: SnapshotId, position: number, maxBytes: number): SnapshotChunk {
    let chunk: SnapshotChunk = { kind: 'not-found' };
    this.tryIo(() => {
      const info = this.find(id);
      const served = info === undefined ? undefined : this.serve(info);
      if (info !== undefined && served !== undefined) chunk = chunkOf(served, position, maxBytes, info.chainChecksum);
    });
    return chunk;
  }

  /** @throws what the file system throws, and LogDamageError where the beginning is no snapshot's; so does the reader. */
  open(id: SnapshotId): SnapshotReader | undefined {
    const info = this.find(id);
    const file = info === undefined ? undefined : this.openFile(info);
    return file === undefined ? undefined : new DiskSnapshotReader(file, { clusterId: this.options.clusterId, id });
  }

  create(head: SnapshotHead): SnapshotSink {
    assert(this.find(head.id) === undefined, `the snapshot at ${head.id.endOffset} is there already`);
    const { bulk, clusterId } = this.options;
    let writer: SnapshotWriter | undefined;
    let sizeBytes = 0;
    const write = (io: () => void) => {
      const wasWritten = this.tryIo(() => {
        try {
          io();
          sizeBytes = writer?.sizeBytes ?? sizeBytes;
        } catch (error) {
          if (!isOutOfSpace(error)) throw error;
          writer?.discard();
          writer = undefined;
        }
      });
      return wasWritten && writer !== undefined;
    };
    write(() => (writer = new SnapshotWriter(bulk, clusterId, head)));
    return {
      get sizeBytes() {
        return sizeBytes;
      },
      append: (records) => void write(() => writer?.append(records)),
      appendRequests: (appendTimeMs, requests) => void write(() => writer?.appendRequests(appendTimeMs, requests)),
      freeze: (done) => this.freeze(head, writer, done),
      discard: () => void this.tryIo(() => writer?.discard()),
    };
  }

  receive(id: SnapshotId, position: number, bytes: Uint8Array): void {
    this.tryIo(() => {
      if (position === 0) this.receiveAnew(id);
      assert(this.received !== undefined && isSame(this.received.claim.id, id), `bytes of the snapshot at ${id.endOffset}, which is not being received`);
      this.received.add(position, bytes);
    });
  }

  private receiveAnew(id: SnapshotId): void {
    this.received?.discard();
    this.received = undefined;
    this.received = new ReceivedSnapshot(this.options, { clusterId: this.options.clusterId, id });
  }

  discardReceived(id: SnapshotId): void {
    if (this.received === undefined || !isSame(this.received.claim.id, id)) return;
    const { received } = this;
    this.received = undefined;
    this.tryIo(() => received.discard());
  }

  install(id: SnapshotId, generation: number, done: (result: InstallResult) => void): void {
    const { received } = this;
    const head = received === undefined || !isSame(received.claim.id, id) ? 'nothing of it was received' : received.verdict();
    if (received === undefined || typeof head === 'string') {
      this.discardReceived(id);
      return done({ kind: 'damaged', problem: String(head) });
    }
    this.received = undefined;
    const { sizeBytes } = received;
    received.freeze((error) => {
      const { log } = this.options;
      if (error !== undefined) return log.failBecause(error);
      log.beginAnew({ offset: id.endOffset, checksum: head.chainChecksum, epoch: id.epoch }, generation, () => {
        this.remove((info) => isSame(info.id, id));
        this.add(head, sizeBytes);
        if (this.tryIo(() => this.deleteSnapshotsBefore(id.endOffset))) done({ kind: 'installed', head });
      });
    });
  }

  deleteBefore(startOffset: number): void {
    const start = this.infos.find((info) => info.id.endOffset === startOffset);
    assert(start !== undefined, `no snapshot ends at ${startOffset}, where the log is to begin`);
    // The snapshot that the log will begin with is durable: whatever of this a crash takes back, one at or after the log's
    // first segment is there.
    this.tryIo(() => this.deleteSnapshotsBefore(startOffset));
    this.options.log.advanceStart({ offset: start.id.endOffset, checksum: start.chainChecksum });
  }

  private freeze(head: SnapshotHead, writer: SnapshotWriter | undefined, done: (outcome: SnapshotOutcome) => void): void {
    if (writer === undefined) return done('no-space');
    writer.freeze((error) => {
      if (error !== undefined && !isOutOfSpace(error)) return this.options.log.failBecause(error);
      if (error !== undefined) return done('no-space');
      // One that was fetched meanwhile may have begun the log behind it.
      if (head.id.endOffset >= this.options.log.startOffset) this.add(head, writer.sizeBytes);
      else if (!this.tryIo(() => this.options.deletions.add(snapshotPath(head.id)))) return;
      done(this.find(head.id) === undefined ? 'overtaken' : 'frozen');
    });
  }

  /** Lets go of the files; what was being received is removed by the next start. */
  close(): void {
    this.served?.file.close();
    this.served = undefined;
  }

  private deleteSnapshotsBefore(startOffset: number): void {
    for (const info of this.remove(({ id }) => id.endOffset < startOffset)) this.options.deletions.add(snapshotPath(info.id));
  }

  private add({ id, lastContainedTimestampMs, chainChecksum }: SnapshotHead, sizeBytes: number): void {
    this.infos = [...this.infos, { id, sizeBytes, lastContainedTimestampMs, chainChecksum }].sort((a, b) => a.id.endOffset - b.id.endOffset);
  }

  private remove(which: (info: SnapshotInfo) => boolean): SnapshotInfo[] {
    const removed = this.infos.filter(which);
    this.infos = this.infos.filter((info) => !which(info));
    if (this.served !== undefined && removed.some(({ id }) => isSame(id, this.served!.id))) this.close();
    return removed;
  }

  private find(id: SnapshotId): SnapshotInfo | undefined {
    return this.infos.find((info) => isSame(info.id, id));
  }

  private serve(info: SnapshotInfo): { readonly file: FileHandle; readonly size: number } | undefined {
    if (this.served !== undefined && isSame(this.served.id, info.id)) return this.served;
    const file = this.openFile(info);
    if (file === undefined) return undefined;
    this.close();
    this.served = { id: info.id, file, size: file.sizeSync() };
    return this.served;
  }

  /** One that somebody has taken away is forgotten; any other error goes through. */
  private openFile(info: SnapshotInfo): FileHandle | undefined {
    const { fs } = this.options;
    const path = snapshotPath(info.id);
    if (fs.exists(path)) return fs.open(path, { create: false });
    this.remove((other) => other === info);
    return undefined;
  }

  private tryIo(io: () => void): boolean {
    try {
      io();
      return true;
    } catch (error) {
      if (!isDiskError(error)) throw error;
      this.options.log.failBecause(error);
      return false;
    }
  }
}

function chunkOf({ file, size }: { readonly file: FileHandle; readonly size: number }, position: number, maxBytes: number, chainChecksum: number): SnapshotChunk {
  if (position < 0 || position >= size) return { kind: 'out-of-range', size };
  const bytes = new Uint8Array(Math.min(Math.max(1, maxBytes), size - position));
  return { kind: 'chunk', bytes: bytes.subarray(0, file.readSync(bytes, position)), size, chainChecksum };
}

function isSame(a: SnapshotId, b: SnapshotId): boolean {
  return a.endOffset === b.endOffset && a.epoch === b.epoch;
}
