import type { FileHandle, FileSystem } from './file-system.js';
import { directoryOf } from './paths.js';
import { inSequence } from './steps.js';

/** Replaces a whole small file durably: write a temporary one, sync it, rename it, sync the directory. */
export function writeFileDurably(fs: FileSystem, path: string, bytes: Uint8Array, done: (error: Error | undefined) => void): void {
  const temporary = `${path}.tmp`;
  let file: FileHandle;
  inSequence(
    [
      (next) => {
        file = fs.open(temporary, { create: true });
        file.truncateSync(0);
        file.writeSync(bytes, 0);
        file.sync(next);
      },
      (next) => {
        file.close();
        fs.rename(temporary, path);
        fs.syncDirectory(directoryOf(path), next);
      },
    ],
    done,
  );
}
