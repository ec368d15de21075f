import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import path from 'node:path';

/** One line of a benchmark: a figure of ours, the same of a peer in the same run if there is one, and the target. */
export interface Row {
  readonly id: string;
  readonly what: string;
  readonly unit: string;
  /** One value a run. */
  readonly ours: readonly number[];
  readonly peer?: Peer | undefined;
  /** Where there are several. */
  readonly peers?: readonly Peer[] | undefined;
  readonly target: number;
  readonly better: 'less' | 'more';
}

/** Somebody else's figure in the same run. */
export interface Peer {
  readonly name: string;
  readonly values: readonly number[];
}

export interface Report {
  readonly name: string;
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
const worst = (values: readonly number[], better: Row['better']): number => (better === 'less' ? Math.max(...values) : Math.min(...values));
const show = (value: number): string => (Number.isNaN(value) ? '-' : value >= 1000 ? Math.round(value).toLocaleString('en') : value >= 100 ? value.toFixed(0) : value.toFixed(2));

function againstPeer({ name, values }: Peer, ours: number, better: Row['better']): string {
  const theirs = median(values);
  return `${name} ${show(theirs)} (${(better === 'less' ? theirs / ours : ours / theirs).toFixed(2)})`;
}

/** Prints the table, and writes the JSON beside it; returns the file's path. */
export function publish(report: Report, folder: string): string {
  const machine = { node: process.version, cpus: cpus().length, cpu: cpus()[0]?.model ?? '', memoryBytes: totalmem(), kernel: release(), loadAverage: loadavg() };
  console.log(`\n${report.name}: node ${machine.node}, ${machine.cpus} cores, load average ${machine.loadAverage.map((load) => load.toFixed(2)).join(' ')}`);
  console.log(['figure'.padEnd(58), 'median'.padStart(10), 'worst'.padStart(10), 'target'.padStart(10), 'reached'.padStart(8), 'peer (ratio)'.padStart(30)].join(' '));
  for (const row of report.rows) {
    const ours = median(row.ours);
    const reached = row.better === 'less' ? ours <= row.target : ours >= row.target;
    const peers = row.peers ?? (row.peer === undefined ? [] : [row.peer]);
    console.log(
      [
        `${row.id} ${row.what}, ${row.unit}`.padEnd(58),
        show(ours).padStart(10),
        show(worst(row.ours, row.better)).padStart(10),
        (Number.isNaN(row.target) ? '' : `${row.better === 'less' ? '≤' : '≥'} ${show(row.target)}`).padStart(10),
        (Number.isNaN(row.target) ? '' : reached ? 'yes' : 'no').padStart(8),
        peers.map((peer) => againstPeer(peer, ours, row.better)).join(', ').padStart(30),
      ].join(' '),
    );
  }
  for (const note of report.notes) console.log(`  ${note}`);
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${report.name}.json`);
  writeFileSync(file, `${JSON.stringify({ ...report, machine, at: new Date().toISOString() }, null, 2)}\n`);
  console.log(`  ratio: how many times better than the peer in the same run; JSON: ${file}`);
  return file;
}
