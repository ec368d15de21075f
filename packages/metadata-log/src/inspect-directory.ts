import type { FileSystem } from './file-system.js';
import { BATCHES_POSITION } from './segment-header.js';
import { parseMetaProperties, type MetaProperties } from './meta-properties.js';
import { BOOTSTRAP_SNAPSHOT, LOCK_FILE, LOG_DIRECTORY, META_PROPERTIES, parseSegmentName, QUORUM_STATE_FILES, PARTITION_METADATA, segmentPath, snapshotPath } from './paths.js';

/** What a data directory is. */
export type DirectoryKind =
  /** Nothing is in it, or it does not exist. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'formatted'; readonly properties: MetaProperties; /** It holds a metadata log. */ readonly hasLog: boolean }
  /** Formatting was interrupted: its files are there, `meta.properties`, which comes last, is not; no batch was ever written. */
  | { readonly kind: 'half-formatted' }
  /** A log with batches, without `meta.properties`: somebody removed it. */
  | { readonly kind: 'without-properties' }
  /** Holds files that are not ours. */
  | { readonly kind: 'not-empty'; readonly entries: readonly string[] }
  /** `meta.properties` cannot be understood. */
  | { readonly kind: 'unreadable-properties'; readonly problem: string };

/** There by themselves: the lock, and what mkfs leaves at the root of a volume. */
const IGNORED = new Set([LOCK_FILE, 'lost+found']);
const TEMPORARY_PROPERTIES = `${META_PROPERTIES}.tmp`;

/** Looks at the data directory and changes nothing. @throws what the file system throws. */
export function inspectDirectory(fs: FileSystem): DirectoryKind {
  const entries = fs.list('').filter((name) => !IGNORED.has(name));
  if (entries.length === 0) return { kind: 'empty' };
  if (entries.includes(META_PROPERTIES)) {
    const properties = parseMetaProperties(fs.readFile(META_PROPERTIES));
    if (typeof properties === 'string') return { kind: 'unreadable-properties', problem: properties };
    return { kind: 'formatted', properties, hasLog: entries.includes(LOG_DIRECTORY) };
  }
  const foreign = entries.filter((name) => name !== LOG_DIRECTORY && name !== TEMPORARY_PROPERTIES);
  if (foreign.length > 0) return { kind: 'not-empty', entries: foreign };
  return leftovers(fs).every((path) => formattingMakes(fs, path)) ? { kind: 'half-formatted' } : { kind: 'without-properties' };
}

/** Files of an interrupted formatting, for the next one to remove. */
export function leftovers(fs: FileSystem): readonly string[] {
  const inLog = fs.list(LOG_DIRECTORY).map((name) => `${LOG_DIRECTORY}/${name}`);
  return fs.exists(TEMPORARY_PROPERTIES) ? [...inLog, TEMPORARY_PROPERTIES] : inLog;
}

function formattingMakes(fs: FileSystem, path: string): boolean {
  const bootstrap = snapshotPath(BOOTSTRAP_SNAPSHOT);
  const known: readonly string[] = [bootstrap, `${bootstrap}.part`, PARTITION_METADATA, TEMPORARY_PROPERTIES, ...QUORUM_STATE_FILES];
  if (known.includes(path)) return true;
  const base = parseSegmentName(path.substring(LOG_DIRECTORY.length + 1));
  return base === 0 && fs.readFile(segmentPath(0)).length <= BATCHES_POSITION;
}
