import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { utf8Encode } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { AllocationProbe } from './allocation-probe.js';
import { callWithin } from './call-within.js';
import { checkInput } from './check-input.js';
import { fromHexFile, toHexFile } from './hex-file.js';
import { runTarget, type FailingInput } from './run-target.js';
import { TARGETS } from './targets/index.js';

/** So many inputs a target in every test run; `npm run fuzz` has no such bound. */
const INPUTS = 400;
const SEED = 20_250_701;

const describeFailures = (failing: readonly FailingInput[]): string =>
  failing.map((failure) => `${failure.kind}: ${failure.message}\n${toHexFile(failure.bytes.subarray(0, 400), [`input ${failure.index}, npm run fuzz -- --target ${failure.target} --seed ${SEED} --from ${failure.index}`])}`).join('\n');

describe('every decoder', () => {
  it.each(TARGETS.map((target) => [target.name, target] as const))('%s neither fails nor hangs nor allocates beyond bounds, whatever it is given', (_, target) => {
    const result = runTarget({ target, seed: SEED, from: 0, goesOn: (done) => done < INPUTS });

    expect(describeFailures(result.failing)).toBe('');
    // Changes that are all refused at the first check test nothing behind it, and the other way round.
    expect(result.changedAndRead).toBeGreaterThan(0);
    expect(result.refused).toBeGreaterThan(0);
  });

  const kept = TARGETS.flatMap((target) => {
    const folder = new URL(`../testdata/${target.name}/`, import.meta.url);
    return existsSync(folder) ? readdirSync(folder).map((file) => ({ name: `${target.name}: ${file.replace('.hex', '')}`, target, path: new URL(file, folder) })) : [];
  });

  it.each(kept)('$name stays mended', ({ target, path }) => {
    const bytes = fromHexFile(readFileSync(path, 'utf8'));

    const { finding } = checkInput(target, { bytes, valid: false, large: bytes.length > 4096 }, new AllocationProbe());

    expect(finding).toBeUndefined();
  });

  it.each(TARGETS.filter(({ shape }) => shape === 'text').map((target) => [target.name, target] as const))('%s takes long runs of one character in its stride', (_, target) => {
    // What is quadratic in its input takes minutes on these, and a second at most when it is not.
    for (const piece of [' ', '\t', '\\', '\\\\', 'a\\\n', '\u3000', '=', '#', '[', ',', '{"a":', '1@']) {
      const bytes = utf8Encode(`a=${piece.repeat(100_000)}x`);

      expect({ piece, ended: callWithin(20_000, () => void target.decode(bytes)) }).toEqual({ piece, ended: 'done' });
    }
  });
});

describe('the hex file of a failing input', () => {
  it('gives back the bytes it was made from', () => {
    const bytes = Uint8Array.from({ length: 100 }, (_, index) => index);

    expect(fromHexFile(toHexFile(bytes, ['why\nand where']))).toEqual(bytes);
    expect(() => fromHexFile('zz')).toThrow(RangeError);
  });
});
