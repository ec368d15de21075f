import { describe, expect, it } from 'vitest';
import { callWithin } from './call-within.js';
import { checkInput } from './check-input.js';
import { AllocationProbe } from './allocation-probe.js';
import { makeInput } from './make-input.js';
import { runTarget } from './run-target.js';
import type { FuzzTarget } from './target.js';

/** A decoder of "a length and so many bytes", with one of the classic mistakes in it. */
function decoderThat(mistake: (bytes: Uint8Array, length: number) => void): FuzzTarget {
  return {
    name: 'planted',
    shape: 'bytes',
    valid: (random) => {
      const body = random.bytes(random.between(1, 40));
      return Uint8Array.from([0, 0, 0, body.length, ...body]);
    },
    decode: (bytes) => {
      if (bytes.length < 4) return 'refused';
      const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
      mistake(bytes, length);
      return length === bytes.length - 4 ? 'read' : 'refused';
    },
  };
}

const run = (target: FuzzTarget, inputs = 500) => runTarget({ target, seed: 1, from: 0, goesOn: (done) => done < inputs });

describe('the fuzzer finds', () => {
  it('a decoder that throws, and shrinks the input', () => {
    const { failing } = run(decoderThat((bytes, length) => {
      if (length > 0 && bytes[4 + length - 1] === undefined) throw new RangeError('read behind the end');
    }));

    expect(failing.map(({ kind }) => kind)).toEqual(['crash']);
    expect(failing[0]!.bytes.length).toBeLessThanOrEqual(8);
    expect(failing[0]!.message).toContain('read behind the end');
  });

  it('a decoder that believes a length before it looked', () => {
    const { failing } = run(decoderThat((_, length) => void new Uint8Array(Math.min(length, 2 ** 24))));

    expect(failing[0]?.kind).toBe('allocation');
  });

  it('a decoder that makes a Buffer of a length that it was told', () => {
    const { failing } = run(decoderThat((_, length) => void Buffer.alloc(Math.min(length, 2 ** 24))));

    expect(failing[0]?.kind).toBe('allocation');
  });

  it('a decoder whose objects outgrow its input', () => {
    const kept: unknown[] = [];
    const { failing } = run(decoderThat((bytes) => void bytes.forEach((byte) => kept.push({ byte, more: Array.from({ length: 50 }, () => byte) }))));

    expect(failing[0]?.kind).toBe('allocation');
    expect(failing[0]?.message).toContain('heap');
  });

  it('a decoder that refuses what is valid', () => {
    const target = decoderThat(() => undefined);

    const { failing } = run({ ...target, decode: () => 'refused' });

    expect(failing[0]?.kind).toBe('refused-valid');
  });
});

describe('a call with a limit', () => {
  it('is stopped in an endless loop', () => {
    expect(callWithin(50, () => { for (;;); })).toBe('timed-out');
  });

  it('passes on what the call throws', () => {
    expect(() => callWithin(1000, () => { throw new TypeError('as it was'); })).toThrow('as it was');
  });
});

describe('an input', () => {
  it('is made again from seed and index, alone', () => {
    const target = decoderThat(() => undefined);

    const again = Array.from({ length: 50 }, (_, index) => makeInput(target, 7, index).bytes);

    expect(makeInput(target, 7, 33).bytes).toEqual(again[33]);
    expect(new Set(again.map(String)).size).toBeGreaterThan(40);
  });

  it('costs a decoder that only looks nothing', () => {
    const probe = new AllocationProbe();
    probe.install();
    const { bufferBytes, finding } = checkInput(decoderThat((bytes) => void bytes.subarray(1)), { bytes: new Uint8Array(64), valid: false, large: false }, probe);
    probe.uninstall();

    expect({ bufferBytes, finding }).toEqual({ bufferBytes: 0, finding: undefined });
  });
});
