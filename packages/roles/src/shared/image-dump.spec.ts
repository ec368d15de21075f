import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MetadataImage } from '@quorate/metadata-image';
import { uuidToBytes, type Uuid } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { dumpImage } from './image-dump.js';

describe('an image that is written down', () => {
  const image = new MetadataImage();
  image.apply({ kind: 'Topic', version: 0, value: { name: 'orders', topicId: uuidToBytes('AAAAAAAAAAAAAAAAAAAAZA' as Uuid) } }, { offset: 0 as never, epoch: 1, wallMs: 1 });

  it('says why, and shows what it holds', () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'dump-'));
    try {
      const file = dumpImage(directory, image, 'it differs');

      expect(path.basename(file!)).toBe('image-1.dump.txt');
      expect(readFileSync(file!, 'utf8')).toMatch(/^it differs\nimage\/\n[^]*orders/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('is left out where nothing can be written', () => {
    expect(dumpImage('/nowhere/at/all', image, 'it differs')).toBeUndefined();
  });
});
