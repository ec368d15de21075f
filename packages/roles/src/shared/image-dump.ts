import { closeSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { describeTree, imageTree, type MetadataImage } from '@quorate/metadata-image';

/** Lines that are written at a time. */
const LINES = 1000;

/**
 * Writes an image as text, for people who have to find out why it differs from the others'. Configs and credentials are not
 * shown.
 *
 * @returns the file, or undefined when it could not be written: the process ends all the same.
 */
export function dumpImage(directory: string, image: MetadataImage, why: string): string | undefined {
  const file = path.join(directory, `image-${image.appliedOffset}.dump.txt`);
  try {
    const handle = openSync(file, 'w');
    try {
      writeSync(handle, `${why}\n`);
      let lines: string[] = [];
      for (const line of describeTree(imageTree(image, { redaction: 'strict', isSensitive: () => true }))) {
        if (lines.push(line) < LINES) continue;
        writeSync(handle, `${lines.join('\n')}\n`);
        lines = [];
      }
      writeSync(handle, `${lines.join('\n')}\n`);
    } finally {
      closeSync(handle);
    }
    return file;
  } catch {
    return undefined;
  }
}

/** What a process says that ends because its image is wrong. */
export function wrongImageMessage(at: number, file: string | undefined): string {
  return `most voters agree on another image than this process's at offset ${at}: it would serve wrong metadata. ${file === undefined ? 'It could not be written down' : `It is written down in ${file}`}; a restart builds it anew.`;
}
