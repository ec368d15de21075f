import { AllocationProbe } from './allocation-probe.js';
import { checkInput, type Finding } from './check-input.js';
import { makeInput } from './make-input.js';
import { shrink } from './shrink.js';
import type { FuzzTarget } from './target.js';

export interface TargetRun {
  readonly target: FuzzTarget;
  readonly seed: number;
  /** First input; the next ones follow it. */
  readonly from: number;
  /** Asked before each input. */
  readonly goesOn: (done: number) => boolean;
}

/** An input that did what it may not, shrunk. */
export interface FailingInput extends Finding {
  readonly target: string;
  readonly seed: number;
  readonly index: number;
  readonly bytes: Uint8Array;
}

export interface TargetResult {
  readonly inputs: number;
  readonly bytes: number;
  /** Inputs that the decoder took although something in them was changed. */
  readonly changedAndRead: number;
  readonly refused: number;
  /** Largest share seen: bytes of buffers made per byte of a large input, and bytes of heap. */
  readonly buffersPerByte: number;
  readonly heapPerByte: number;
  readonly failing: readonly FailingInput[];
}

/** Different failures that are kept; more of a kind say nothing new. */
const KEPT_FAILURES = 5;

/** Runs inputs of one target until it is told to stop, or five different failures are found. */
export function runTarget({ target, seed, from, goesOn }: TargetRun): TargetResult {
  const probe = new AllocationProbe();
  const failing = new Map<string, FailingInput>();
  let [inputs, bytes, changedAndRead, refused, buffersPerByte, heapPerByte] = [0, 0, 0, 0, 0, 0];
  while (failing.size < KEPT_FAILURES && goesOn(inputs)) {
    const index = from + inputs;
    const input = makeInput(target, seed, index);
    probe.install();
    let checked: ReturnType<typeof checkInput>;
    try {
      checked = checkInput(target, input, probe);
    } finally {
      probe.uninstall();
    }
    inputs += 1;
    bytes += input.bytes.length;
    if (checked.verdict === 'read' && !input.valid) changedAndRead += 1;
    if (checked.verdict === 'refused') refused += 1;
    if (input.large && input.bytes.length > 16 * 1024) {
      buffersPerByte = Math.max(buffersPerByte, checked.bufferBytes / input.bytes.length);
      heapPerByte = Math.max(heapPerByte, checked.heapBytes / input.bytes.length);
    }
    const { finding } = checked;
    if (finding === undefined) continue;
    const sort = `${finding.kind} ${finding.message.replace(/\d+/g, '#')}`;
    if (failing.has(sort)) continue;
    const smaller = finding.kind === 'crash' ? shrink(input.bytes, (candidate) => failsAlike(target, candidate, sort, probe)) : input.bytes;
    failing.set(sort, { ...finding, target: target.name, seed, index, bytes: smaller });
  }
  return { inputs, bytes, changedAndRead, refused, buffersPerByte, heapPerByte, failing: [...failing.values()] };
}

function failsAlike(target: FuzzTarget, bytes: Uint8Array, sort: string, probe: AllocationProbe): boolean {
  const { finding } = checkInput(target, { bytes, valid: false, large: false }, probe);
  return finding !== undefined && `${finding.kind} ${finding.message.replace(/\d+/g, '#')}` === sort;
}
