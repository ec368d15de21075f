import { LogDamageError } from './errors.js';

/** What a FileSystem throws and hands to `done`: an error with the operating system's code. */
export interface FileSystemError extends Error {
  readonly code: string;
}

/** For file systems that are not the operating system's. */
export function fileSystemError(code: string, message: string): FileSystemError {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}

/** Whether the world broke, rather than our code. */
export function isDiskError(error: unknown): error is Error {
  return error instanceof LogDamageError || (error instanceof Error && typeof (error as { code?: unknown }).code === 'string');
}

/** Whether the disk, or what this user may have of it, is full: the one error that is not the disk's fault. */
export function isOutOfSpace(error: unknown): error is FileSystemError {
  const code = isDiskError(error) ? (error as { code?: unknown }).code : undefined;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
