import type { SnapshotHead } from '@quorate/raft-node';
import { assert } from './assert.js';
import type { FileHandle, FileSystem } from './file-system.js';
import { LOG_DIRECTORY, snapshotPath } from './paths.js';
import { SnapshotVerifier, type SnapshotClaim } from './snapshot-verifier.js';
import { inSequence } from './steps.js';

/** A snapshot that is being fetched: a `.part` file that grows, verified as it comes. */
export class ReceivedSnapshot {
  readonly claim: SnapshotClaim;
  private readonly fs: FileSystem;
  private readonly path: string;
  private readonly file: FileHandle;
  private readonly verifier: SnapshotVerifier;

  constructor(fs: FileSystem, claim: SnapshotClaim) {
    this.fs = fs;
    this.claim = claim;
    this.path = `${snapshotPath(claim.id)}.fetched.part`;
    this.file = fs.open(this.path, { create: true });
    this.file.truncateSync(0);
    this.verifier = new SnapshotVerifier(claim);
  }

  get sizeBytes(): number {
    return this.verifier.sizeBytes;
  }

  add(position: number, bytes: Uint8Array): void {
    assert(position === this.sizeBytes, `bytes from ${position} on of a snapshot of which ${this.sizeBytes} were received`);
    this.file.writeSync(bytes, position);
    this.verifier.push(bytes);
  }

  /** Every byte has come and was checked. @returns the head, or why it is no whole snapshot. */
  verdict(): SnapshotHead | string {
    return this.verifier.end();
  }

  /** Makes it durable under its name. */
  freeze(done: (error: Error | undefined) => void): void {
    inSequence(
      [
        (next) => this.file.sync(next),
        (next) => {
          this.file.close();
          this.fs.rename(this.path, snapshotPath(this.claim.id));
          this.fs.syncDirectory(LOG_DIRECTORY, next);
        },
      ],
      done,
    );
  }

  discard(): void {
    this.file.close();
    this.fs.unlink(this.path);
  }
}
