import { describe, expect, it } from 'vitest';
import { sumOf, valueOf } from './scrape.js';

const SCRAPE = `# HELP writes so many
# TYPE writes counter
writes{node="1",kind="a"} 2
writes{node="1",kind="b"} 3.5
writes_more 100
age 0.25
`;

describe('a scrape', () => {
  it('sums a metric over its labels, and takes no other for it', () => {
    expect(sumOf(SCRAPE, 'writes')).toBe(5.5);
    expect(sumOf(SCRAPE, 'nothing')).toBe(0);
  });

  it('tells absent from zero', () => {
    expect(valueOf(SCRAPE, 'age')).toBe(0.25);
    expect(valueOf(SCRAPE, 'nothing')).toBeUndefined();
  });
});
