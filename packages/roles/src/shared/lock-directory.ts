import { lockDataDirectory, type DirectoryLock } from '@quorate/metadata-log';
import { ProcessRefusal } from '../process/exit-codes.js';

/** @throws ProcessRefusal (`dataDirectory`) when another process uses the directory. */
export function lockOrRefuse(directory: string): Promise<DirectoryLock> {
  return new Promise((resolve, reject) => {
    lockDataDirectory(directory, (result) => {
      if (result instanceof Error) reject(new ProcessRefusal('dataDirectory', `${directory} cannot be locked: ${result.message}`, { cause: result }));
      else if ('kind' in result) reject(new ProcessRefusal('dataDirectory', `${directory} is in use. ${result.message}`));
      else resolve(result);
    });
  });
}
