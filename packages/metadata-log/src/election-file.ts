import { bytesEqual, crc32c, epoch, nodeId, parseUuid, utf8Encode, ZERO_UUID, type Uuid } from '@quorate/records';
import type { ElectionState } from '@quorate/raft-core';
import type { ElectionStore } from '@quorate/raft-node';
import { assert } from './assert.js';
import { hex32 } from './bytes.js';
import { readCheckedLine } from './checked-line.js';
import type { FileHandle, FileSystem } from './file-system.js';
import { QUORUM_STATE_FILES } from './paths.js';
import { refusal, type Refusal } from './refusal.js';
import { inSequence } from './steps.js';

/**
 * quorum-state: one sector of text, Kafka's JSON line (KIP-595, KIP-853) with a sequence number and the directory's id,
 * its CRC-32C on the next line, newlines up to 512 bytes. It stands in two files of equal content. One is written and
 * synced before the other is touched, so that a crash spoils one of them at most.
 */
export const ELECTION_FILE_BYTES = 512;
const DATA_VERSION = 1;

/** Content of one file. */
export interface ElectionFile {
  /** Rises by one with each write; the higher of two valid files is the newer. */
  readonly sequence: number;
  readonly directoryId: Uuid;
  /** Undefined in a newly formatted directory: no leader, no vote, epoch 0. */
  readonly state: ElectionState | undefined;
}

export type ElectionFileRead = { readonly kind: 'valid'; readonly file: ElectionFile } | { readonly kind: 'unknown-version'; readonly version: number } | { readonly kind: 'bad' };

export function encodeElectionFile({ sequence, directoryId, state }: ElectionFile): Uint8Array {
  const line = JSON.stringify({
    leaderId: state?.leaderId ?? -1,
    leaderEpoch: state?.epoch ?? 0,
    votedId: state?.votedKey?.id ?? -1,
    votedDirectoryId: state?.votedKey?.directoryId ?? ZERO_UUID,
    sequence,
    directoryId,
    data_version: DATA_VERSION,
  });
  const bytes = new Uint8Array(ELECTION_FILE_BYTES).fill(0x0a);
  bytes.set(utf8Encode(`${line}\ncrc32c ${hex32(crc32c(utf8Encode(line)))}`));
  return bytes;
}

export function decodeElectionFile(bytes: Uint8Array): ElectionFileRead {
  const fields = readCheckedLine(bytes);
  const version = fields?.['data_version'];
  if (fields === undefined || typeof version !== 'number') return { kind: 'bad' };
  if (version !== DATA_VERSION) return { kind: 'unknown-version', version };
  const file = fileFromFields(fields);
  // Written in one way only: whatever differs from what we would write is damage, padding included.
  return file !== undefined && bytesEqual(encodeElectionFile(file), bytes) ? { kind: 'valid', file } : { kind: 'bad' };
}

function fileFromFields(fields: Record<string, unknown>): ElectionFile | undefined {
  const { leaderId, leaderEpoch, votedId, sequence } = fields as Record<string, number>;
  const uuidOf = (value: unknown) => (typeof value === 'string' ? parseUuid(value) : undefined);
  const directoryId = uuidOf(fields['directoryId']);
  const votedDirectoryId = uuidOf(fields['votedDirectoryId']);
  if (directoryId === undefined || votedDirectoryId === undefined) return undefined;
  if (![leaderId, leaderEpoch, votedId, sequence].every(Number.isSafeInteger) || leaderEpoch! < 0) return undefined;
  const voted = votedId! < 0 ? undefined : { id: nodeId(votedId!), directoryId: votedDirectoryId === ZERO_UUID ? undefined : votedDirectoryId };
  const leader = leaderId! < 0 ? undefined : nodeId(leaderId!);
  const isNew = leaderEpoch === 0 && leader === undefined && voted === undefined;
  return { sequence: sequence!, directoryId, state: isNew ? undefined : { epoch: epoch(leaderEpoch!), leaderId: leader, votedKey: voted } };
}

/** Writes the election state; `done` comes when both files hold it durably. A failure ends in `onFailed`, once, and never in `done`. */
export class DiskElectionStore implements ElectionStore {
  private readonly handles: readonly FileHandle[];
  private readonly directoryId: Uuid;
  private readonly onFailed: (error: Error) => void;
  private sequence: number;
  private writing = false;
  private failed = false;

  constructor(handles: readonly FileHandle[], current: ElectionFile, onFailed: (error: Error) => void) {
    this.handles = handles;
    this.directoryId = current.directoryId;
    this.sequence = current.sequence;
    this.onFailed = onFailed;
  }

  persist(state: ElectionState, done: () => void): void {
    if (this.failed) return;
    assert(!this.writing, 'election state persisted while the one before is still being written');
    this.writing = true;
    this.sequence++;
    writeBoth(this.handles, { sequence: this.sequence, directoryId: this.directoryId, state }, (error) => {
      this.writing = false;
      if (error === undefined) return done();
      this.failed = true;
      this.onFailed(error);
    });
  }

  close(): void {
    for (const handle of this.handles) handle.close();
  }
}

/** What a start found in the two files. */
export interface LoadedElection {
  readonly kind: 'loaded';
  readonly handles: readonly FileHandle[];
  readonly file: ElectionFile;
  readonly notes: readonly string[];
}

/** Reads both files, takes the newest valid one and makes both hold it durably. */
export function loadElectionState(fs: FileSystem, directoryId: Uuid, done: (result: LoadedElection | Refusal | Error) => void): void {
  let reads: readonly ElectionFileRead[] = [];
  let handles: readonly FileHandle[] = [];
  inSequence(
    [
      (next) => {
        reads = QUORUM_STATE_FILES.map((path) => (fs.exists(path) ? decodeElectionFile(fs.readFile(path)) : { kind: 'bad' }));
        next(undefined);
      },
      (next) => {
        const file = newestOf(reads);
        if (file === undefined || electionProblem(reads, directoryId) !== undefined) return next(undefined);
        handles = QUORUM_STATE_FILES.map((path) => fs.open(path, { create: true }));
        // The bad or older one first: the good one is not touched before the other is as good.
        writeBoth(newestIsFirst(reads[0], file) ? [...handles].reverse() : handles, file, next);
      },
    ],
    (error) => {
      if (error !== undefined) for (const handle of handles) handle.close();
      done(error ?? electionProblem(reads, directoryId) ?? { kind: 'loaded', handles, file: newestOf(reads)!, notes: mended(reads) });
    },
  );
}

function newestOf(reads: readonly ElectionFileRead[]): ElectionFile | undefined {
  return reads.flatMap((read) => (read.kind === 'valid' ? [read.file] : [])).reduce<ElectionFile | undefined>((a, b) => (a !== undefined && a.sequence >= b.sequence ? a : b), undefined);
}

/** Why what the files hold must not be used. */
function electionProblem(reads: readonly ElectionFileRead[], directoryId: Uuid): Refusal | undefined {
  const path = QUORUM_STATE_FILES[0];
  const newer = reads.find((read) => read.kind === 'unknown-version');
  if (newer !== undefined) return refusal('unknown-format', `${path} has data_version ${newer.version}, which this software does not know. Start the version that wrote it.`, { path });
  const file = newestOf(reads);
  if (file === undefined) {
    const message =
      `Neither ${QUORUM_STATE_FILES.join(' nor ')} can be read: this replica may have voted and forgotten it, so it must not vote again under directory id ${directoryId}. ` +
      'Start it with more voters than this one, and it becomes a new replica by itself; else move the data directory aside, format it anew with a new directory id and let it join.';
    return refusal('election-state-lost', message, { path });
  }
  if (file.directoryId === directoryId) return undefined;
  return refusal('other-directory', `${path} was written in directory ${file.directoryId}, this one is ${directoryId}. Put back the file that belongs here.`, { path });
}

function mended(reads: readonly ElectionFileRead[]): string[] {
  return reads.flatMap((read, i) => (read.kind === 'bad' ? [`${QUORUM_STATE_FILES[i]} could not be read; its copy could, and it was written anew.`] : []));
}

function newestIsFirst(first: ElectionFileRead | undefined, newest: ElectionFile): boolean {
  return first?.kind === 'valid' && first.file.sequence === newest.sequence;
}

/** Makes both files, for formatting. Their directory is the caller's to sync. */
export function createElectionFiles(fs: FileSystem, directoryId: Uuid, done: (error: Error | undefined) => void): void {
  const handles = QUORUM_STATE_FILES.map((path) => fs.open(path, { create: true }));
  writeBoth(handles, { sequence: 1, directoryId, state: undefined }, (error) => {
    for (const handle of handles) handle.close();
    done(error);
  });
}

function writeBoth(handles: readonly FileHandle[], file: ElectionFile, done: (error: Error | undefined) => void): void {
  const bytes = encodeElectionFile(file);
  const writes = handles.map((handle) => (next: (error: Error | undefined) => void) => {
    handle.writeSync(bytes, 0);
    handle.sync(next);
  });
  inSequence(writes, done);
}

