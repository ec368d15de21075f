import { readFileSync } from 'node:fs';

/** What a set of processes has used, from /proc; zeros where there is none. */
interface Used {
  readonly cpuMs: number;
  readonly residentBytes: number;
  readonly diskBytes: number;
}

export interface Cost {
  readonly cpuMs: number;
  /** Of all processes, at the end. */
  readonly residentBytes: number;
  /** Handed to the block device since the beginning. */
  readonly diskBytes: number;
}

/** What Linux counts CPU time in. */
const CLOCK_TICK_MS = 10;

/** Measures what these processes use from now on. */
export function costOf(pids: readonly number[]): { end(): Cost; sum(operations?: number): string } {
  const before = pids.map(used);
  const end = (): Cost => {
    const now = pids.map(used);
    const more = (of: (each: Used) => number): number => now.reduce((sum, each, index) => sum + of(each) - of(before[index]!), 0);
    return {
      cpuMs: more(({ cpuMs }) => cpuMs),
      residentBytes: now.reduce((sum, { residentBytes }) => sum + residentBytes, 0),
      diskBytes: more(({ diskBytes }) => diskBytes),
    };
  };
  return { end, sum: (operations) => describeCost(end(), operations) };
}

/** In one line, per operation where their number is given. */
export function describeCost({ cpuMs, residentBytes, diskBytes }: Cost, operations?: number): string {
  const each = (value: number, digits: number): string => (operations === undefined || operations === 0 ? '' : ` (${(value / operations).toFixed(digits)} each)`);
  return `CPU ${(cpuMs / 1000).toFixed(2)} s${each(cpuMs * 1000, 0).replace(' each', ' µs each')}, RSS ${(residentBytes / 1e6).toFixed(0)} MB, to disk ${(diskBytes / 1e6).toFixed(1)} MB${each(diskBytes, 0).replace(' each', ' bytes each')}`;
}

function used(pid: number): Used {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return {
      cpuMs: (Number(fields[11]) + Number(fields[12])) * CLOCK_TICK_MS,
      residentBytes: Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024,
      diskBytes: Number(/\nwrite_bytes: (\d+)/.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1] ?? 0),
    };
  } catch {
    return { cpuMs: 0, residentBytes: 0, diskBytes: 0 };
  }
}
