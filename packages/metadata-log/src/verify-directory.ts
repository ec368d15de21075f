import { bytesEqual, decodeControlRecord, decodeRecord, forEachRecord, RecordFormatError, type EncodedBatch, type Uuid } from '@quorate/records';
import { votersFromRecord, type ElectionState, type Voter } from '@quorate/raft-core';
import type { SnapshotHead } from '@quorate/raft-node';
import { hex32 } from './bytes.js';
import { readDamageNote } from './damage-note.js';
import { decodeElectionFile, type ElectionFile } from './election-file.js';
import { findSegments } from './found-segments.js';
import { findSnapshots } from './found-snapshots.js';
import { examineLog, type ExaminedLog, type LogFinding } from './examine-log.js';
import type { FileSystem } from './file-system.js';
import { encodeLeaderEpochCheckpoint, type EpochStart } from './leader-epoch-checkpoint.js';
import type { MetaProperties } from './meta-properties.js';
import { BOOTSTRAP_SNAPSHOT, DIRECTORY_ID_NOTE, LEADER_EPOCH_CHECKPOINT, LOG_DIRECTORY, parseSnapshotName, PARTITION_METADATA, QUORUM_STATE_FILES, RECOVERING_NOTE, snapshotPath } from './paths.js';
import { chooseLog, type RecoveryChoice } from './recovery-choice.js';
import { readSnapshot } from './snapshot-read.js';
import { verifySnapshot } from './snapshot-scan.js';

export interface VerifiedSnapshot {
  readonly path: string;
  readonly endOffset: number;
  readonly epoch: number;
  readonly isWhole: boolean;
}

/** A whole data directory of a controller, looked through. */
export interface VerifiedDirectory {
  /** `whole`: the next start will use all of it (notes aside). `damaged`: something that was durable is not what it was. */
  readonly kind: 'whole' | 'damaged';
  readonly log: ExaminedLog;
  readonly recordCount: number;
  /** The voter set in force at the log's end: of the last record that names one, else of the newest snapshot. */
  readonly voters: readonly Voter[] | undefined;
  /** When the newest readable batch was appended, milliseconds since 1970. */
  readonly lastAppendTimeMs: number | undefined;
  /** What the newest whole file of quorum-state says. */
  readonly election: { readonly directoryId: Uuid; readonly state: ElectionState | undefined } | undefined;
  readonly snapshots: readonly VerifiedSnapshot[];
  readonly findings: readonly LogFinding[];
}

/**
 * Checks every file of a controller's metadata log, and what each says of the others: segments with headers, markers,
 * chain and records; snapshots; both files of quorum-state; leader-epoch-checkpoint. Changes nothing.
 */
export function verifyDirectory(fs: FileSystem, properties: MetaProperties): VerifiedDirectory {
  const findings: LogFinding[] = [];
  const seen = new SeenBatches();
  const start = choiceOfStart(fs, properties.clusterId);
  const log = examineLog(fs, { identity: properties, beginsAt: start.beginsAt, onBatch: ({ batch, path, position }) => {
    for (const problem of seen.take(batch)) findings.push({ severity: 'damage', path, position, offset: batch.baseOffset, problem });
  } });
  const { snapshots, voters: snapshotVoters } = verifySnapshots(fs, properties, seen, findings);
  const election = verifyElectionFiles(fs, properties, findings);
  verifyEpochs(fs, log, seen.epochs, findings);
  if (election?.state !== undefined && election.state.epoch < log.lastEpoch) {
    findings.push({ severity: 'note', path: QUORUM_STATE_FILES[0], problem: `epoch ${election.state.epoch} is older than the log's, ${log.lastEpoch}` });
  }
  if (!fs.exists(PARTITION_METADATA)) findings.push({ severity: 'note', path: PARTITION_METADATA, problem: 'is not there; only Kafka\'s tools read it' });
  verifyNotes(fs, election, findings);
  const all = judgeAsStart(start, [...log.findings, ...findings]);
  return {
    kind: all.some(({ severity }) => severity === 'damage') ? 'damaged' : 'whole',
    log,
    recordCount: seen.recordCount,
    voters: seen.voters ?? snapshotVoters,
    lastAppendTimeMs: seen.lastAppendTimeMs,
    election,
    snapshots,
    findings: all,
  };
}

/** What the batches say as they pass. */
class SeenBatches {
  recordCount = 0;
  hasMetadata = false;
  voters: readonly Voter[] | undefined;
  lastAppendTimeMs: number | undefined;
  readonly epochs: EpochStart[] = [];
  /** Checksum of the batch that ends at an offset. */
  readonly checksums = new Map<number, number>();

  /** @returns what is wrong with its records. */
  take(batch: EncodedBatch): string[] {
    const problems: string[] = [];
    this.recordCount += batch.recordCount;
    this.hasMetadata ||= !batch.isControl;
    this.lastAppendTimeMs = batch.appendTimeMs;
    this.checksums.set(batch.endOffset, batch.checksum);
    if (batch.epoch > (this.epochs.at(-1)?.epoch ?? 0)) this.epochs.push({ epoch: batch.epoch, startOffset: batch.baseOffset });
    forEachRecord(batch, (raw, offset) => {
      try {
        if (!batch.isControl) return void decodeRecord(raw);
        const record = decodeControlRecord(raw);
        if (record.kind === 'KRaftVoters') this.voters = votersFromRecord(record.value);
      } catch (error) {
        if (!(error instanceof RecordFormatError)) throw error;
        problems.push(`record ${offset}: ${error.message}`);
      }
    });
    return problems;
  }
}

function verifySnapshots(fs: FileSystem, { clusterId }: MetaProperties, seen: SeenBatches, findings: LogFinding[]): { readonly snapshots: VerifiedSnapshot[]; readonly voters: readonly Voter[] | undefined } {
  const snapshots: VerifiedSnapshot[] = [];
  const bad: LogFinding[] = [];
  let voters: readonly Voter[] | undefined;
  for (const name of fs.list(LOG_DIRECTORY)) {
    const id = parseSnapshotName(name);
    if (id === undefined) continue;
    const path = snapshotPath(id);
    const read = id.endOffset === 0 ? readBootstrap(fs, path, clusterId) : verifySnapshot(fs, { clusterId, id });
    const isWhole = typeof read !== 'string';
    snapshots.push({ path, endOffset: id.endOffset, epoch: id.epoch, isWhole });
    if (!isWhole) {
      bad.push({ severity: 'damage', path, problem: read });
      continue;
    }
    voters = read.head.voters ?? voters;
    const inLog = seen.checksums.get(id.endOffset);
    if (inLog !== undefined && inLog !== read.head.chainChecksum) {
      findings.push({ severity: 'damage', path, offset: id.endOffset, problem: `follows a batch with checksum ${hex32(read.head.chainChecksum)}, the log has ${hex32(inLog)} there` });
    }
  }
  const bootstrap = snapshotPath(BOOTSTRAP_SNAPSHOT);
  if (!snapshots.some(({ path }) => path === bootstrap)) bad.push({ severity: 'damage', path: bootstrap, problem: 'is not there, but formatting makes it' });
  const hasSnapshot = snapshots.some(({ path, isWhole }) => isWhole && path !== bootstrap);
  const needsBootstrap = !(seen.hasMetadata || hasSnapshot) || (seen.voters ?? voters) === undefined;
  for (const finding of bad) findings.push(finding.path === bootstrap && !needsBootstrap ? { ...finding, severity: 'note', problem: `${finding.problem}; the log has no more need of it` } : finding);
  return { snapshots, voters };
}

function readBootstrap(fs: FileSystem, path: string, clusterId: string): { readonly head: Pick<SnapshotHead, 'voters' | 'chainChecksum'> } | string {
  const content = readSnapshot(fs.readFile(path), clusterId);
  return typeof content === 'string' ? content : { head: { voters: content.voters, chainChecksum: content.header.chainChecksum } };
}

/** What a start would make of segments and snapshots together. */
interface StartChoice {
  readonly kind: RecoveryChoice['kind'];
  /** Base offset of the segment that the log begins with, as far as that is known. */
  readonly beginsAt: number | undefined;
  /** Files before the log's beginning. */
  readonly unneeded: ReadonlySet<string>;
  /** Every segment's path, and the directory's. */
  readonly segments: ReadonlySet<string>;
  /** For `anew` and `damaged`: in words. */
  readonly problem: string;
}

function choiceOfStart(fs: FileSystem, clusterId: string): StartChoice {
  const found = findSegments(fs);
  try {
    const choice = chooseLog(found, findSnapshots(fs, clusterId), clusterId);
    const before = choice.kind === 'continue' ? choice.before : choice.kind === 'damaged' ? (choice.sound?.before ?? []) : [];
    return {
      kind: choice.kind,
      beginsAt: found[before.length]?.baseOffset,
      unneeded: new Set(before.map(({ path }) => path)),
      segments: new Set([LOG_DIRECTORY, ...found.map(({ path }) => path)]),
      problem: choice.kind === 'damaged' ? choice.problem.message : choice.kind === 'anew' ? `the next start begins anew at the snapshot of offset ${choice.at.id.endOffset}` : '',
    };
  } catch (error) {
    // A control record that cannot be decoded: recovery refuses the log for it.
    if (!(error instanceof RecordFormatError)) throw error;
    return { kind: 'damaged', beginsAt: undefined, unneeded: new Set(), segments: new Set([LOG_DIRECTORY, ...found.map(({ path }) => path)]), problem: error.message };
  } finally {
    for (const { handle } of found) handle.close();
  }
}

/** Damage that a start no longer cares for is a note, and what only it sees (a log that joins no snapshot) is damage. */
function judgeAsStart({ kind, unneeded, segments, problem }: StartChoice, findings: readonly LogFinding[]): readonly LogFinding[] {
  const noted = (finding: LogFinding, why: string): LogFinding => ({ ...finding, severity: 'note', problem: `${finding.problem}; ${why}` });
  switch (kind) {
    case 'continue':
      return findings.map((finding) => (unneeded.has(finding.path) ? noted(finding, 'a snapshot holds what stood here') : finding));
    case 'anew':
      return findings.map((finding) => (segments.has(finding.path) ? noted(finding, problem) : finding));
    case 'damaged': {
      const isKnown = findings.some(({ severity, path }) => severity === 'damage' && segments.has(path));
      return isKnown ? findings : [...findings, { severity: 'damage', path: LOG_DIRECTORY, problem }];
    }
  }
}

function verifyElectionFiles(fs: FileSystem, { directoryId }: MetaProperties, findings: LogFinding[]): ElectionFile | undefined {
  const files: ElectionFile[] = [];
  for (const path of QUORUM_STATE_FILES) {
    const read = fs.exists(path) ? decodeElectionFile(fs.readFile(path)) : undefined;
    if (read?.kind === 'valid') files.push(read.file);
    else findings.push({ severity: 'note', path, problem: read === undefined ? 'is not there' : read.kind === 'bad' ? 'cannot be read' : `has data_version ${read.version}, which this software does not know` });
  }
  const newest = files.reduce<ElectionFile | undefined>((a, b) => (a !== undefined && a.sequence >= b.sequence ? a : b), undefined);
  if (newest === undefined) findings.push({ severity: 'damage', path: QUORUM_STATE_FILES[0], problem: 'and its copy are both lost: this replica may have voted and forgotten it' });
  else if (newest.directoryId !== directoryId) findings.push({ severity: 'damage', path: QUORUM_STATE_FILES[0], problem: `was written in directory ${newest.directoryId}, meta.properties says ${directoryId}` });
  return newest;
}

/** What earlier starts left behind for later ones and for people. */
function verifyNotes(fs: FileSystem, election: ElectionFile | undefined, findings: LogFinding[]): void {
  const lost = readDamageNote(fs, election?.state?.epoch ?? 0);
  if (lost !== undefined) findings.push({ severity: 'damage', path: RECOVERING_NOTE, offset: lost.soundUpTo, problem: `this node is recovering what it lost, and has not all of it again: ${lost.problem}` });
  if (fs.exists(DIRECTORY_ID_NOTE)) findings.push({ severity: 'note', path: DIRECTORY_ID_NOTE, problem: 'the directory id is being replaced; the next start goes on with it' });
  for (const name of fs.list(LOG_DIRECTORY).filter((file) => file.endsWith('.damaged'))) findings.push({ severity: 'note', path: `${LOG_DIRECTORY}/${name}`, problem: 'damaged, and put aside by an earlier start: look at it, then delete it' });
}

function verifyEpochs(fs: FileSystem, log: ExaminedLog, epochs: readonly EpochStart[], findings: LogFinding[]): void {
  // Behind damage, and before the log's beginning, batches that can be read tell of epochs that the log does not have.
  if (log.findings.length > 0 || log.startOffset > 0) return;
  const expected = encodeLeaderEpochCheckpoint(epochs);
  const is = fs.exists(LEADER_EPOCH_CHECKPOINT) ? fs.readFile(LEADER_EPOCH_CHECKPOINT) : undefined;
  if (is !== undefined && bytesEqual(is, expected)) return;
  if (is === undefined && epochs.length === 0) return;
  findings.push({ severity: 'note', path: LEADER_EPOCH_CHECKPOINT, problem: is === undefined ? 'is not there; the next start writes it' : 'does not say what the batches say; the next start writes it anew' });
}
