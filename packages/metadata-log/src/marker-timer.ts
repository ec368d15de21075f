import type { Timers } from '@quorate/raft-node';

/** A flushed marker goes to disk by itself when no write takes it along; with this it is there within 5 ms. */
export const MARKER_DELAY_MS = 4;

/**
 * Says when the marker has to go to disk by itself. Each flush puts that off, since the next write would take the marker
 * along, and the timer is armed once, not anew with each write.
 */
export class MarkerTimer {
  private readonly timers: Pick<Timers, 'nowMs' | 'arm'>;
  private readonly onDue: () => void;
  private dueAtMs = 0;
  private armed = false;
  private stopped = false;

  constructor(timers: Pick<Timers, 'nowMs' | 'arm'>, onDue: () => void) {
    this.timers = timers;
    this.onDue = onDue;
  }

  /** Something was flushed that no marker on disk speaks of. */
  putOff(): void {
    this.dueAtMs = this.timers.nowMs() + MARKER_DELAY_MS;
    this.arm();
  }

  stop(): void {
    this.stopped = true;
    this.timers.arm(undefined, () => {});
  }

  private arm(): void {
    if (this.armed || this.stopped) return;
    this.armed = true;
    this.timers.arm(this.dueAtMs, () => {
      this.armed = false;
      if (this.stopped) return;
      if (this.timers.nowMs() < this.dueAtMs) this.arm();
      else this.onDue();
    });
  }
}
