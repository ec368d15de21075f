import { describe, expect, it } from 'vitest';
import { PAGE_ROWS, RowPages } from './row-pages.js';

function filled(rows: number): RowPages {
  const pages = new RowPages(2);
  for (let i = 0; i < rows; i++) write(pages, pages.add(), i);
  return pages;
}
function write(pages: RowPages, row: number, value: number): void {
  pages.writable(row)[pages.at(row) + 1] = value;
}
function read(pages: { words(row: number): Int32Array; at(row: number): number }, row: number): number {
  return pages.words(row)[pages.at(row) + 1]!;
}

describe('RowPages', () => {
  it('grows by one page of 4,096 rows, and moves nothing', () => {
    const pages = filled(PAGE_ROWS);
    const first = pages.words(0);
    expect(pages.byteCount).toBe(PAGE_ROWS * 8);

    write(pages, pages.add(), 7);

    expect(pages.byteCount).toBe(2 * PAGE_ROWS * 8);
    expect(pages.words(0)).toBe(first);
    expect(first.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('uses removed rows again, last removed first, with all words zero', () => {
    const pages = filled(3);
    pages.remove(0);
    pages.remove(2);

    expect([pages.add(), pages.add(), pages.add()]).toEqual([2, 0, 3]);
    expect([...pages.words(2).subarray(pages.at(2), pages.at(2) + 2)]).toEqual([0, 0]);
    expect(pages.liveCount).toBe(4);
  });

  it('copies a held page once, when it is first written, and no other', () => {
    const pages = filled(PAGE_ROWS + 1);
    const [first, second] = [pages.words(0), pages.words(PAGE_ROWS)];
    const held = pages.hold();

    write(pages, 0, 100);
    const copy = pages.words(0);
    write(pages, 1, 101);

    expect(copy).not.toBe(first);
    expect(pages.words(1)).toBe(copy);
    expect(pages.words(PAGE_ROWS)).toBe(second);
    expect([read(held, 0), read(held, 1)]).toEqual([0, 1]);
    expect([read(pages, 0), read(pages, 1)]).toEqual([100, 101]);
  });

  it('keeps each of several holds as it was', () => {
    const pages = filled(1);
    const early = pages.hold();
    write(pages, 0, 10);
    const late = pages.hold();
    write(pages, 0, 20);
    early.release();
    write(pages, 0, 30);

    expect([read(early, 0), read(late, 0), read(pages, 0)]).toEqual([0, 10, 30]);
  });

  it('does not show a hold rows that were removed and used again', () => {
    const pages = filled(2);
    const held = pages.hold();
    pages.remove(1);
    write(pages, pages.add(), 99);

    expect([held.rowCount, read(held, 1)]).toEqual([2, 1]);
  });

  it('writes in place again once released', () => {
    const pages = filled(1);
    const before = pages.words(0);
    const held = pages.hold();
    held.release();
    held.release();
    write(pages, 0, 5);

    expect(pages.words(0)).toBe(before);
  });
});
