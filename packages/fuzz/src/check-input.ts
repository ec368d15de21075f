import type { AllocationProbe } from './allocation-probe.js';
import { callWithin } from './call-within.js';
import type { FuzzInput } from './make-input.js';
import type { FuzzTarget, Verdict } from './target.js';

/** What an input may not do. */
export interface Finding {
  readonly kind: 'crash' | 'hang' | 'allocation' | 'refused-valid';
  readonly message: string;
}

export interface Checked {
  readonly verdict: Verdict | undefined;
  readonly finding: Finding | undefined;
  /** Bytes of buffers made. */
  readonly bufferBytes: number;
  /** Growth of the heap; measured for large inputs only, 0 else. */
  readonly heapBytes: number;
}

/** A decoder that is at work for longer than this will never end: inputs have 512 KiB at most. */
export const HANG_MS = 10_000;
/** Scratch that a decoder may use whatever its input. */
const FREE_BUFFER_BYTES = 4096;
const FREE_HEAP_BYTES = 1024 * 1024;
const HEAP_PER_BYTE = 128;
const BUFFERS_PER_BYTE = 2;

/** Decodes one input and judges what came of it. The probe must be installed. */
export function checkInput(target: FuzzTarget, { bytes, valid, large }: FuzzInput, probe: AllocationProbe): Checked {
  let verdict: Verdict | undefined;
  let thrown: { readonly error: unknown } | undefined;
  const heapBefore = large ? process.memoryUsage().heapUsed : 0;
  probe.reset();
  const ended = callWithin(HANG_MS, () => {
    try {
      verdict = target.decode(bytes);
    } catch (error) {
      thrown = { error };
    }
  });
  const bufferBytes = probe.bytes;
  const heapBytes = large ? Math.max(0, process.memoryUsage().heapUsed - heapBefore) : 0;
  const measured = { verdict, bufferBytes, heapBytes };
  if (ended === 'timed-out') return { ...measured, finding: { kind: 'hang', message: `still at work after ${HANG_MS} ms on ${bytes.length} bytes` } };
  if (thrown !== undefined) return { ...measured, finding: { kind: 'crash', message: describeError(thrown.error) } };
  if (bufferBytes > (target.buffersPerByte ?? BUFFERS_PER_BYTE) * bytes.length + (target.freeBufferBytes ?? FREE_BUFFER_BYTES)) {
    return { ...measured, finding: { kind: 'allocation', message: `${bufferBytes} bytes of buffers for ${bytes.length} bytes of input` } };
  }
  if (heapBytes > (target.heapPerByte ?? HEAP_PER_BYTE) * bytes.length + FREE_HEAP_BYTES) {
    return { ...measured, finding: { kind: 'allocation', message: `${heapBytes} bytes of heap for ${bytes.length} bytes of input` } };
  }
  if (valid && verdict !== 'read') return { ...measured, finding: { kind: 'refused-valid', message: 'a valid encoding was refused' } };
  return { ...measured, finding: undefined };
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${String(error)}`;
  const at = error.stack?.split('\n').find((line) => line.includes('    at '))?.trim() ?? '';
  return `${error.name}: ${error.message.slice(0, 300)} ${at}`;
}
