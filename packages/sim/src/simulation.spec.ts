import { describe, expect, it } from 'vitest';
import { simulate } from './simulation.js';

describe('simulate', () => {
  it('gives one seed the same world every time, line for line', () => {
    const first: string[] = [];
    const second: string[] = [];

    const a = simulate({ seed: 7, print: (line) => first.push(line) });
    const b = simulate({ seed: 7, print: (line) => second.push(line) });

    expect(a).toEqual(b);
    expect(first).toEqual(second);
    expect(first.length).toBeGreaterThan(50);
  });

  it('gives different seeds different worlds', () => {
    const [a, b] = [simulate({ seed: 1 }), simulate({ seed: 2 })];

    expect(a.kind === 'passed' && a.result.traceHash).not.toBe(b.kind === 'passed' && b.result.traceHash);
  });

  it('prints a line in fixed columns: time, node, role, epoch, log end, high watermark, event', () => {
    const lines: string[] = [];

    simulate({ seed: 3, print: (line) => lines.push(line) });

    expect(lines.find((line) => line.includes('-> LEADER'))).toMatch(/^ *[\d.]+ms {2}n\d {2}LEAD +e\d+ +end \d+ +hw (\d+|-) +/);
  });
});
