import { crc32c, parseUuid, utf8Encode, type Uuid } from '@quorate/records';
import { hex32 } from './bytes.js';
import { readCheckedLine } from './checked-line.js';
import { writeFileDurably } from './durable-file.js';
import { createElectionFiles } from './election-file.js';
import type { FileHandle, FileSystem } from './file-system.js';
import { findSegments } from './found-segments.js';
import { encodeMetaProperties, type MetaProperties } from './meta-properties.js';
import { DIRECTORY_ID_NOTE, LOG_DIRECTORY, META_PROPERTIES, segmentPath } from './paths.js';
import { encodeSegmentHeader, HEADER_POSITION, type SegmentHeader } from './segment-header.js';
import { inSequence, type Step } from './steps.js';

type Done = (error: Error | undefined) => void;

/** The directory id is being replaced: whoever voted under the old one may have forgotten it. */
export interface DirectoryIdChange {
  readonly from: Uuid;
  readonly to: Uuid;
}

/**
 * Gives the directory a new id, so that this replica is another one: an observer that holds a log, and never votes under
 * the old id. A note of the change is durable first; a start that finds it does everything once more, so that a crash in
 * between leaves no mixture. In order: the note, the headers of all segments, the election state (empty), meta.properties,
 * the note away.
 */
export function changeDirectoryId(fs: FileSystem, properties: MetaProperties, change: DirectoryIdChange, done: Done): void {
  inSequence(
    [
      (next) => writeFileDurably(fs, DIRECTORY_ID_NOTE, encodeNote(change), next),
      (next) => stampSegments(fs, change, next),
      (next) => createElectionFiles(fs, change.to, next),
      (next) => fs.syncDirectory(LOG_DIRECTORY, next),
      (next) => writeFileDurably(fs, META_PROPERTIES, encodeMetaProperties({ ...properties, directoryId: change.to }), next),
      (next) => {
        fs.unlink(DIRECTORY_ID_NOTE);
        fs.syncDirectory(LOG_DIRECTORY, next);
      },
    ],
    done,
  );
}

/** A change that was begun and not finished. @throws what the file system throws. */
export function readDirectoryIdChange(fs: FileSystem): DirectoryIdChange | undefined {
  if (!fs.exists(DIRECTORY_ID_NOTE)) return undefined;
  const fields = readCheckedLine(fs.readFile(DIRECTORY_ID_NOTE));
  const uuidOf = (value: unknown) => (typeof value === 'string' ? parseUuid(value) : undefined);
  const [from, to] = [uuidOf(fields?.['from']), uuidOf(fields?.['to'])];
  return from === undefined || to === undefined ? undefined : { from, to };
}

function encodeNote({ from, to }: DirectoryIdChange): Uint8Array {
  const line = JSON.stringify({ from, to, data_version: 1 });
  return utf8Encode(`${line}\ncrc32c ${hex32(crc32c(utf8Encode(line)))}\n`);
}

/** Writes the new id into every header that names the old one; all of a header's bytes lie in one sector. */
function stampSegments(fs: FileSystem, { from, to }: DirectoryIdChange, done: Done): void {
  const steps: Step[] = [];
  for (const { header, handle, baseOffset } of findSegments(fs)) {
    handle.close();
    if (header.kind === 'header' && header.header.directoryId === from) steps.push((next) => stamp(fs.open(segmentPath(baseOffset), { create: false }), { ...header.header, directoryId: to }, next));
  }
  inSequence(steps, done);
}

function stamp(file: FileHandle, header: SegmentHeader, done: Done): void {
  file.writeSync(encodeSegmentHeader(header), HEADER_POSITION);
  file.sync((error) => {
    file.close();
    done(error);
  });
}
