import type { Random } from './random.js';

/** What a decoder made of an input. */
export type Verdict = 'read' | 'refused';

/** How an input's bytes are made up, so that changes meet its structure and not only its bytes. */
export type InputShape =
  /** Numbers and lengths at fixed places, or none of the others. */
  | 'bytes'
  /** A protobuf message. */
  | 'protobuf'
  /** Lines of text. */
  | 'text';

/**
 * One decoder, or a few that always come one behind the other. `decode` is all that is under test: whatever it throws is
 * a finding, except what the decoder's documentation allows, which `decode` takes for `refused`.
 */
export interface FuzzTarget {
  /** As typed behind `--target`. */
  readonly name: string;
  readonly shape: InputShape;
  /** A valid encoding; `decode` must read it. */
  valid(random: Random): Uint8Array;
  /** Puts checksums right after a change, so that the checks behind them are met too. Returns its argument, changed, or another array. */
  repair?(bytes: Uint8Array, random: Random): Uint8Array;
  decode(bytes: Uint8Array): Verdict;
  /** How large a valid encoding is blown up to now and then, by repeating a piece of it; 256 KiB unless said. */
  readonly largeBytes?: number;
  /** Bytes of buffers per byte of input, at most; 2 unless said, and whoever says more says why. */
  readonly buffersPerByte?: number;
  /** Bytes of buffers that it may use whatever its input; 4096 unless said. */
  readonly freeBufferBytes?: number;
  /**
   * Heap bytes of JavaScript objects per byte of a large input, at most. An empty nested message takes two bytes on the
   * wire and an object here, so this is not two but 128; what may not exceed twice the input is buffers (`AllocationProbe`).
   */
  readonly heapPerByte?: number;
}
