import { blowUp, mutateBytes } from './mutate-bytes.js';
import { mutateProtobuf } from './mutate-protobuf.js';
import { mutateText } from './mutate-text.js';
import { Random } from './random.js';
import type { FuzzTarget } from './target.js';

/** One input in so many is as it was made, one in so many is large. */
const VALID_ONE_IN = 24;
const LARGE_ONE_IN = 48;
const LARGE_BYTES = 256 * 1024;

export interface FuzzInput {
  readonly bytes: Uint8Array;
  /** Nothing was changed: the decoder must read it. */
  readonly valid: boolean;
  readonly large: boolean;
}

/** Input `index` of a seed: a valid encoding, changed up to eight times, its checksums put right again more often than not. */
export function makeInput(target: FuzzTarget, seed: number, index: number): FuzzInput {
  const random = Random.forInput(seed, target.name, index);
  let bytes = target.valid(random);
  if (random.oneIn(VALID_ONE_IN)) return { bytes, valid: true, large: false };
  const large = random.oneIn(LARGE_ONE_IN);
  if (large) bytes = blowUp(bytes, random, random.between(1024, target.largeBytes ?? LARGE_BYTES));
  // A blown up input stays as it is now and then.
  const changes = random.pick(large ? [0, 0, 1, 2] : [1, 1, 1, 2, 3, 8]);
  for (let i = 0; i < changes; i++) bytes = change(target, bytes, random);
  if (target.repair !== undefined && !random.oneIn(4)) bytes = target.repair(Uint8Array.from(bytes), random);
  return { bytes, valid: false, large };
}

function change(target: FuzzTarget, bytes: Uint8Array, random: Random): Uint8Array {
  const other = (): Uint8Array => target.valid(random);
  if (target.shape === 'protobuf' && !random.oneIn(4)) return mutateProtobuf(bytes, random) ?? mutateBytes(bytes, random, other);
  if (target.shape === 'text' && !random.oneIn(5)) return mutateText(bytes, random);
  return mutateBytes(bytes, random, other);
}
