import type { SnapshotHead } from '@quorate/raft-node';
import { assert } from './assert.js';
import type { FileHandle, FileSystem } from './file-system.js';
import { isOutOfSpace } from './file-system-error.js';
import { LOG_DIRECTORY, snapshotPath } from './paths.js';
import { SnapshotVerifier, type SnapshotClaim } from './snapshot-verifier.js';
import { inSequence } from './steps.js';

/** A snapshot that is being fetched: a `.part` file that grows, verified as it comes. */
export class ReceivedSnapshot {
  readonly claim: SnapshotClaim;
  private readonly fs: FileSystem;
  private readonly path: string;
  /** Undefined once there was no room for it. */
  private file: FileHandle | undefined;
  private readonly verifier: SnapshotVerifier;
  private received = 0;

  /** @param disk - `bulk` for the bytes, which may not have the reserve of a full disk; `fs` for the rest. */
  constructor({ fs, bulk }: { readonly fs: FileSystem; readonly bulk: FileSystem }, claim: SnapshotClaim) {
    this.fs = fs;
    this.claim = claim;
    this.path = `${snapshotPath(claim.id)}.fetched.part`;
    this.verifier = new SnapshotVerifier(claim);
    this.unlessFull(() => {
      this.file = bulk.open(this.path, { create: true });
      this.file.truncateSync(0);
    });
  }

  get sizeBytes(): number {
    return this.received;
  }

  add(position: number, bytes: Uint8Array): void {
    assert(position === this.sizeBytes, `bytes from ${position} on of a snapshot of which ${this.sizeBytes} were received`);
    this.received += bytes.length;
    this.unlessFull(() => this.file?.writeSync(bytes, position));
    this.verifier.push(bytes);
  }

  /** Every byte has come and was checked. @returns the head, or why it is no whole snapshot. */
  verdict(): SnapshotHead | string {
    return this.file === undefined ? 'there was no room for it on the disk' : this.verifier.end();
  }

  /** Makes it durable under its name. */
  freeze(done: (error: Error | undefined) => void): void {
    inSequence(
      [
        (next) => this.file!.sync(next),
        (next) => {
          this.file!.close();
          this.fs.rename(this.path, snapshotPath(this.claim.id));
          this.fs.syncDirectory(LOG_DIRECTORY, next);
        },
      ],
      done,
    );
  }

  discard(): void {
    if (this.file === undefined) return;
    this.file.close();
    this.file = undefined;
    this.fs.unlink(this.path);
  }

  private unlessFull(io: () => void): void {
    try {
      io();
    } catch (error) {
      if (!isOutOfSpace(error)) throw error;
      this.discard();
    }
  }
}
