import { describe, expect, it } from 'vitest';
import { parseArguments } from './arguments.js';
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

describe('parseArguments', () => {
  it('reads a replay and a campaign', () => {
    expect(parseArguments(['--seed', '12'])).toEqual({ kind: 'replay', seed: 12 });
    expect(parseArguments(['--seeds', '50', '--from', '9', '--jobs', '2', '--budget', '60'])).toMatchObject({ kind: 'campaign', seeds: 50, from: 9, jobs: 2, budgetSeconds: 60 });
    expect(parseArguments(['--short'])).toMatchObject({ kind: 'campaign', seeds: 100 });
  });

  it('says what is wrong', () => {
    expect(parseArguments([])).toContain('Which seeds');
    expect(parseArguments(['--seed', 'x'])).toContain('takes a number');
    expect(parseArguments(['--fast'])).toContain('--fast');
  });
});
