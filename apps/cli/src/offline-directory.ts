import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerConfig } from '@quorate/config';
import { inspectDirectory, lockDataDirectory, type MetaProperties } from '@quorate/metadata-log';
import { readServerConfiguration } from '@quorate/roles';
import { CommandError } from './command.js';
import { ReadOnlyFiles } from './read-only-files.js';

/** A formatted directory that no process uses, held by this one until `release`. */
export interface OfflineDirectory {
  readonly path: string;
  readonly properties: MetaProperties;
  readonly hasLog: boolean;
  /** Said to the person at the terminal. */
  readonly warnings: readonly string[];
  release(): void;
}

export interface WhichDirectory {
  /** `-c FILE`: the metadata directory that this file names. */
  readonly config?: string | undefined;
  /** `-d DIRECTORY`: that one. */
  readonly directory?: string | undefined;
}

/** Which directory is meant, and the node's configuration where it was given. */
export function chosenDirectory({ config, directory }: WhichDirectory, usage: string, environment: NodeJS.ProcessEnv): { readonly path: string; readonly config: ServerConfig | undefined } {
  if ((config === undefined) === (directory === undefined)) throw new CommandError(`name the node's file with -c FILE, or its directory with -d DIRECTORY\nUsage: ${usage}`);
  if (directory !== undefined) return { path: directory, config: undefined };
  const read = readServerConfiguration([`--config=${config}`], environment);
  return { path: read.config.metadataLogDir, config: read.config };
}

/**
 * Takes a formatted directory away from everybody else.
 *
 * @param access - `read` goes on without the lock where the disk itself lets nobody write (nobody can be writing then).
 * @throws CommandError when it is not ours, or a process uses it.
 */
export async function takeDirectory(path: string, access: 'read' | 'write'): Promise<OfflineDirectory> {
  const { properties, hasLog } = formattedOrRefuse(path);
  const warnings: string[] = [];
  const lock = await new Promise<{ release(): void }>((resolve, reject) => {
    lockDataDirectory(path, (result) => {
      if (result instanceof Error) {
        const isReadOnly = ['EROFS', 'EACCES', 'EPERM'].includes(String((result as NodeJS.ErrnoException).code));
        if (access === 'write' || !isReadOnly) return reject(new CommandError(`${path} cannot be locked: ${result.message}`, { cause: result }));
        warnings.push(`${path} cannot be locked (${result.message}); it is read all the same`);
        return resolve({ release: () => undefined });
      }
      if ('kind' in result) return reject(new CommandError(`${path} is in use: this is for a node that is stopped. ${result.message}`));
      resolve(result);
    });
  });
  return { path, properties, hasLog, warnings, release: () => lock.release() };
}

function formattedOrRefuse(path: string): { readonly properties: MetaProperties; readonly hasLog: boolean } {
  if (!existsSync(path)) throw new CommandError(`${path} does not exist`);
  const found = inspectDirectory(new ReadOnlyFiles(path));
  switch (found.kind) {
    case 'formatted':
      return found;
    case 'unreadable-properties':
      throw new CommandError(`${path}: meta.properties cannot be understood (${found.problem}): without it nobody knows whose log this is. Put back the one that formatting made`);
    case 'without-properties':
      throw new CommandError(`${path} holds a metadata log, but meta.properties is gone: without it nobody knows whose log this is. Put it back`);
    case 'empty':
    case 'half-formatted':
    case 'not-empty':
      throw new CommandError(`${path} is no formatted data directory of ours (${found.kind})`);
  }
}

/** What was changed by hand in a directory, kept in it: one JSON line an operation. */
export const OPERATIONS_LOG = 'quorate-operations.log';

export function logOperation(path: string, operation: string, details: Readonly<Record<string, unknown>>): void {
  appendFileSync(join(path, OPERATIONS_LOG), `${JSON.stringify({ time: new Date().toISOString(), operation, ...details })}\n`);
}
