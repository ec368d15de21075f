import { isDiskError } from './file-system-error.js';

/** What whoever has jobs done hears of them. */
export interface DiskJobsListener {
  /** A job is over, well: there is room for the next. */
  jobDone(): void;
  /** A job is over because something failed; nothing more is begun. */
  jobFailed(): void;
  /** The first failure; told once. */
  failed(error: Error): void;
}

/**
 * Work on the disk, one job after another. The first failure of the disk is the end: nothing is retried and nothing more is
 * begun. A bug, of ours or of whoever was called back, goes through.
 */
export class DiskJobs {
  private readonly listener: DiskJobsListener;
  private running = false;
  private firstFailure: Error | undefined;

  constructor(listener: DiskJobsListener) {
    this.listener = listener;
  }

  get isRunning(): boolean {
    return this.running;
  }

  get failure(): Error | undefined {
    return this.firstFailure;
  }

  /** Begins a job, which ends with `done` or with a failure. */
  run(job: () => void): true {
    this.running = true;
    if (!this.tryIo(job)) this.failedJob();
    return true;
  }

  done(): void {
    // What the job did besides its own may have failed: a close that waits for it must still end.
    if (this.firstFailure !== undefined) return this.failedJob();
    this.running = false;
    this.listener.jobDone();
  }

  /** For a callback of the file system: goes on, or ends the job. */
  orFail(next: () => void): (error: Error | undefined) => void {
    return (error) => {
      if (error !== undefined) this.fail(error);
      if (this.firstFailure === undefined) next();
      else this.failedJob();
    };
  }

  /** Runs what may throw because of the disk; false when it did. */
  tryIo(io: () => void): boolean {
    try {
      io();
      return true;
    } catch (error) {
      if (!isDiskError(error)) throw error;
      this.fail(error);
      return false;
    }
  }

  fail(error: Error): void {
    if (this.firstFailure !== undefined) return;
    this.firstFailure = error;
    this.listener.failed(error);
  }

  private failedJob(): void {
    this.running = false;
    this.listener.jobFailed();
  }
}
