import * as fs from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { LOCK_FILE } from './paths.js';

/** Held until `release` or the end of the process, however it ends. */
export interface DirectoryLock {
  release(): void;
}

/** Somebody else has the directory. */
export interface LockRefused {
  readonly kind: 'held';
  /** For people: who, as far as known, and what to do. */
  readonly message: string;
}

/** `O_EXLOCK` of macOS and the BSDs: opens only with an exclusive lock, which ends with the process. */
const O_EXLOCK = 0x20;

/**
 * Keeps a second process out of a data directory. The lock is the kernel's and dies with the process, `kill -9` included:
 * Node cannot call flock, so on Linux it is a listening socket in the abstract namespace, named after device and inode of
 * `.lock`; elsewhere `.lock` is opened with an exclusive lock. The file itself only says who holds it.
 *
 * Containers that share a volume but not a network namespace do not see each other's lock on Linux.
 */
export function lockDataDirectory(root: string, done: (result: DirectoryLock | LockRefused | Error) => void): void {
  const path = join(root, LOCK_FILE);
  try {
    if (process.platform === 'linux') lockBySocket(path, done);
    else done(lockByOpening(path));
  } catch (error) {
    done(error as Error);
  }
}

function lockBySocket(path: string, done: (result: DirectoryLock | LockRefused | Error) => void): void {
  const file = fs.openSync(path, 'a');
  const { dev, ino } = fs.fstatSync(file);
  fs.closeSync(file);
  const server: Server = createServer((socket) => socket.destroy());
  server.once('error', (error: NodeJS.ErrnoException) => done(error.code === 'EADDRINUSE' ? held(path) : error));
  server.listen(`\0quorate-data-directory-${dev}-${ino}`, () => {
    server.unref();
    fs.writeFileSync(path, `${process.pid}\n`);
    done({ release: () => server.close() });
  });
}

function lockByOpening(path: string): DirectoryLock | LockRefused {
  const flags = fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_NONBLOCK | O_EXLOCK;
  try {
    const file = fs.openSync(path, flags, 0o644);
    fs.ftruncateSync(file, 0);
    fs.writeSync(file, `${process.pid}\n`);
    return { release: () => fs.closeSync(file) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return held(path);
    throw error;
  }
}

function held(path: string): LockRefused {
  const holder = fs.readFileSync(path, 'utf8').trim();
  const who = holder === '' ? 'Another process' : `Process ${holder}`;
  return { kind: 'held', message: `${who} uses this data directory (${path}). Stop it, or give this node a directory of its own (metadata.log.dir).` };
}
