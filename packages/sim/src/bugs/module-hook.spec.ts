import { describe, expect, it } from 'vitest';
import { exportedNames } from './module-hook.js';

describe('exportedNames', () => {
  it('finds what a compiled module declares and lists', () => {
    const source = ['import { a } from "./a.js";', 'export class Log {}', 'export function read() {}', 'export async function write() {}', 'export const SIZE = 1;', 'const hidden = 2;', 'export { a, hidden as shown };', 'export {};'].join('\n');

    expect(exportedNames(source)).toEqual(['Log', 'read', 'write', 'SIZE', 'a', 'shown']);
  });
});
