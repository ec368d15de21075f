import type { Timers } from '@quorate/raft-node';

/** The part of the clock that the log uses: one deadline. */
export type Deadline = Pick<Timers, 'nowMs' | 'arm'>;

/** Makes several deadlines of one: the host gives the log one, the log has several things to wait for. */
export function splitTimers(timers: Deadline, count: number): readonly Deadline[] {
  const waits: ({ readonly atMs: number; readonly fire: () => void } | undefined)[] = Array.from({ length: count }, () => undefined);
  const arm = () => {
    const next = waits.reduce((least, wait) => Math.min(least, wait?.atMs ?? Infinity), Infinity);
    timers.arm(next === Infinity ? undefined : next, fireDue);
  };
  const fireDue = () => {
    const nowMs = timers.nowMs();
    for (let i = 0; i < waits.length; i++) {
      const wait = waits[i];
      if (wait === undefined || wait.atMs > nowMs) continue;
      waits[i] = undefined;
      wait.fire();
    }
    arm();
  };
  return waits.map((_, i) => ({
    nowMs: () => timers.nowMs(),
    arm: (atMs, fire) => {
      if (atMs === undefined && waits[i] === undefined) return;
      waits[i] = atMs === undefined ? undefined : { atMs, fire };
      arm();
    },
  }));
}
