/** What a trace line says of the node it is about. */
export interface TraceNode {
  readonly name: string;
  readonly role: string;
  readonly epoch: number;
  readonly endOffset: number;
  readonly highWatermark: number | undefined;
}

/**
 * One line an event, in fixed columns: time · node · role · epoch · log end · high watermark · what happened. Keeps the last
 * lines, and a hash over all, so that two runs of one seed can be compared.
 */
export class Trace {
  readonly #keep: number;
  readonly #print: ((line: string) => void) | undefined;
  readonly #lines: string[] = [];
  #hash = 0x811c9dc5;
  #count = 0;
  readonly tallies = new Map<string, number>();

  constructor(options: { keep: number; print: ((line: string) => void) | undefined }) {
    this.#keep = options.keep;
    this.#print = options.print;
  }

  /** Counts something that a campaign should show to have happened. */
  tally(what: string, times = 1): void {
    if (times > 0) this.tallies.set(what, (this.tallies.get(what) ?? 0) + times);
  }

  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0');
  }

  get count(): number {
    return this.#count;
  }

  /** The last lines, oldest first. */
  lastLines(): readonly string[] {
    return this.#lines.slice(-this.#keep);
  }

  add(timeMs: number, node: TraceNode | undefined, event: string): void {
    const line = formatLine(timeMs, node, event);
    this.#count += 1;
    for (let i = 0; i < line.length; i++) this.#hash = Math.imul(this.#hash ^ line.charCodeAt(i), 0x01000193);
    this.#print?.(line);
    this.#lines.push(line);
    if (this.#lines.length > 2 * this.#keep) this.#lines.splice(0, this.#lines.length - this.#keep);
  }
}

function formatLine(timeMs: number, node: TraceNode | undefined, event: string): string {
  const time = `${timeMs.toFixed(1).padStart(9)}ms`;
  if (node === undefined) return `${time}  --  ${''.padEnd(34)}  ${event}`;
  const { name, role, epoch, endOffset, highWatermark } = node;
  return `${time}  ${name.padEnd(3)} ${role.padEnd(11)} e${String(epoch).padEnd(3)} end ${String(endOffset).padEnd(5)} hw ${String(highWatermark ?? '-').padEnd(5)}  ${event}`;
}
