import { describe, expect, it } from 'vitest';
import type { Offset } from '@quorate/records';
import { OpenReads } from './open-reads.js';

describe('OpenReads', () => {
  it('lets reads that come before the core is asked share one question, and none that come after', () => {
    const reads = new OpenReads();
    const heard: string[] = [];

    const first = reads.add(() => heard.push('a'));
    expect(reads.add(() => heard.push('b'))).toBeUndefined();
    reads.asking();
    const second = reads.add(() => heard.push('c'));

    expect(second).not.toBe(first);
    reads.answered(first!, { kind: 'ready', index: 5 as Offset });
    expect(heard).toEqual([]);
    reads.tellAnswers();
    expect(heard).toEqual(['a', 'b']);
    expect(reads.hasAnswers).toBe(false);
  });
});
