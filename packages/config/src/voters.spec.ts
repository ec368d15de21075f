import { describe, expect, it } from 'vitest';
import { formatInitialControllers, parseInitialControllers, parseVoters } from './voters.js';

const D1 = 'EBESExQVFhcYGRobHB0eHw';
const D2 = 'ICEiIyQlJicoKSorLC0uLw';

describe('controller.quorum.voters', () => {
  it('is ids and addresses', () => {
    expect(parseVoters('1@a:9093, 2@[::1]:9093')).toEqual({ kind: 'ok', value: [{ id: 1, host: 'a', port: 9093 }, { id: 2, host: '::1', port: 9093 }] });
    expect(parseVoters('')).toEqual({ kind: 'ok', value: [] });
  });

  it.each([
    ['a:9093', '"a:9093" has no id before an @'],
    ['x@a:9093', '"x" is no node id'],
    ['-1@a:9093', '"-1" is no node id'],
    ['2147483648@a:9093', '"2147483648" is no node id'],
    ['1@a', '"a" has no port'],
    ['1@0.0.0.0:9093', 'nobody can connect to 0.0.0.0'],
    ['1@a:1,1@b:1', 'node id 1 appears twice'],
    ['1@a:1,2@a:1', 'the address a:1 appears twice'],
  ])('is not %s', (text, problem) => {
    expect(parseVoters(text)).toMatchObject({ kind: 'refused', problem });
  });
});

describe('--initial-controllers', () => {
  const text = `1@controller1:9093:${D1},2@[2001:db8::1]:9093:${D2}`;

  it('is ids, addresses and directory ids, and is written back as it was read', () => {
    const parsed = parseInitialControllers(text);

    expect(parsed).toEqual({
      kind: 'ok',
      value: [
        { id: 1, host: 'controller1', port: 9093, directoryId: D1 },
        { id: 2, host: '2001:db8::1', port: 9093, directoryId: D2 },
      ],
    });
    expect(parsed.kind === 'ok' && formatInitialControllers(parsed.value)).toBe(text);
  });

  it.each([
    ['', 'there is no controller in it'],
    ['1@a:9093', '"1@a:9093" has no directory id behind the port'],
    ['1@a:9093:', '"1@a:9093:" has no directory id behind the port'],
    ['1@a:9093:abc', '"abc" is no directory id'],
    ['1@a:9093:AAAAAAAAAAAAAAAAAAAAAA', 'the directory id AAAAAAAAAAAAAAAAAAAAAA is reserved'],
    [`a:9093:${D1}`, '"a:9093" has no id before an @'],
    [`1@a:99999:${D1}`, 'port 99999 is out of range'],
    [`1@a:0:${D1}`, 'nobody can connect to port 0'],
    [`1@::1:9093:${D1}`, '"::1:9093" looks like an IPv6 address without brackets'],
    [`1@a:1:${D1},1@b:1:${D2}`, 'node id 1 appears twice'],
    [`1@a:1:${D1},2@a:1:${D2}`, 'the address a:1 appears twice'],
    [`1@a:1:${D1},2@b:1:${D1}`, `directory id ${D1} appears twice`],
  ])('is not "%s"', (wrong, problem) => {
    expect(parseInitialControllers(wrong)).toMatchObject({ kind: 'refused', problem });
  });
});
