import * as fs from 'node:fs';
import { join } from 'node:path';
import type { FileHandle, FileSystem } from '@quorate/metadata-log';

/** A data directory that is only looked at: files are opened for reading, and whatever would change something is a bug. */
export class ReadOnlyFiles implements FileSystem {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  open(path: string): FileHandle {
    const fd = fs.openSync(this.#at(path), 'r');
    return {
      path,
      sizeSync: () => fs.fstatSync(fd).size,
      readSync: (into, position) => {
        let read = 0;
        for (let count = 1; count > 0 && read < into.length; read += count) count = fs.readSync(fd, into, read, into.length - read, position + read);
        return read;
      },
      close: () => fs.closeSync(fd),
      writeSync: forbidden,
      truncateSync: forbidden,
      sync: forbidden,
    };
  }

  exists(path: string): boolean {
    return fs.existsSync(this.#at(path));
  }

  readFile(path: string): Uint8Array {
    return fs.readFileSync(this.#at(path));
  }

  list(directory: string): readonly string[] {
    return fs.existsSync(this.#at(directory)) ? fs.readdirSync(this.#at(directory)).sort() : [];
  }

  makeDirectory(): void {
    forbidden();
  }

  rename(): void {
    forbidden();
  }

  unlink(): void {
    forbidden();
  }

  syncDirectory(): void {
    forbidden();
  }

  freeBytes(): number {
    return 0;
  }

  #at(path: string): string {
    return path === '' ? this.#root : join(this.#root, path);
  }
}

function forbidden(): never {
  throw new Error('a directory that is only read was to be changed');
}
