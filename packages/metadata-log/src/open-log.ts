import type { Epoch, NodeId, Offset, Uuid } from '@quorate/records';
import type { RaftCoreConfig, Voter } from '@quorate/raft-core';
import type { Timers } from '@quorate/raft-node';
import { checkIdentity, type Identity } from './check-identity.js';
import { readDamageNote, type DamageNote } from './damage-note.js';
import { DeferredDeletion } from './deferred-deletion.js';
import { changeDirectoryId, readDirectoryIdChange, type DirectoryIdChange } from './directory-id-change.js';
import { DiskElectionStore, loadElectionState, type LoadedElection } from './election-file.js';
import type { FileSystem } from './file-system.js';
import { isDiskError } from './file-system-error.js';
import { findSnapshots, type FoundSnapshots } from './found-snapshots.js';
import { refreshLeaderEpochCheckpoint } from './leader-epoch-checkpoint.js';
import { DiskLogStore } from './log-store.js';
import type { MetaProperties } from './meta-properties.js';
import { BOOTSTRAP_SNAPSHOT, LOG_DIRECTORY, RESERVE_FILE, snapshotPath } from './paths.js';
import { ReservedFileSystem } from './reserved-file-system.js';
import { recoverLog, type RecoveredLog, type RecoveryReport } from './recovery.js';
import { diskRefusal, refusal, WAY_OUT_OF_ONLY_VOTER, type Refusal } from './refusal.js';
import type { SnapshotContent } from './snapshot-read.js';
import { DiskSnapshotStore } from './snapshot-store.js';
import { splitTimers, type Deadline } from './split-timers.js';
import { inSequence } from './steps.js';
import { removeUnfinished, tidySnapshots } from './tidy-snapshots.js';

/** What is expected of the directory, and how the log is to be kept. */
export interface OpenLogOptions {
  readonly nodeId: NodeId;
  /** From configuration (`cluster.id`), where it is set: compared with `meta.properties`. */
  readonly clusterId?: string | undefined;
  /** The log's own: one deadline. */
  readonly timers: Pick<Timers, 'nowMs' | 'arm'>;
  /** `metadata.log.segment.bytes`. */
  readonly segmentBytes: number;
  /** Bytes of the newest batches kept in memory for followers; 8 MiB is plenty. */
  readonly cacheBytes: number;
  /** Room that is kept for votes and markers when the disk is full, in bytes. Left out or 0: a full disk ends the process. */
  readonly reserveBytes?: number | undefined;
  /** Makes a directory id that was never used before, for a replica that has forgotten whom it voted for. Left out: it is refused. */
  readonly newDirectoryId?: (() => Uuid) | undefined;
}

/** Everything a core starts from, read and made durable. */
export interface RecoveredState extends Pick<RaftCoreConfig, 'electionState' | 'log' | 'voterSets' | 'kraftVersion'> {
  readonly properties: MetaProperties;
  readonly directoryId: Uuid;
  /** This start has given the directory another id: it is a new replica, and no voter. */
  readonly directoryIdChange: DirectoryIdChange | undefined;
  /** Checksum of the last batch; of the genesis when the log is empty. */
  readonly endChecksum: number;
  /** The 0-0 checkpoint: first voters and bootstrap records. Empty when it is damaged and the log has no more need of it. */
  readonly bootstrap: SnapshotContent;
  readonly report: RecoveryReport;
}

export interface OpenedLog {
  readonly kind: 'opened';
  readonly store: DiskLogStore;
  readonly elections: DiskElectionStore;
  readonly snapshots: DiskSnapshotStore;
  readonly recovered: RecoveredState;
}

type Done = (result: OpenedLog | Refusal) => void;

/**
 * Opens the metadata log of a formatted controller directory: checks whose it is, recovers the log and the election state,
 * and makes both durable. A failed write of any store is told to the log's listener, `failed`, once.
 */
export function openLog(bulk: FileSystem, options: OpenLogOptions, done: Done): void {
  const [markerTimer, deletionTimer, spaceTimer, verifyTimer] = splitTimers(options.timers, 4);
  const space = new ReservedFileSystem({ fs: bulk, reserveBytes: options.reserveBytes ?? 0, timer: spaceTimer! });
  const disk: Disk = { bulk, space, markerTimer: markerTimer!, deletionTimer: deletionTimer!, verifyTimer: verifyTimer! };
  open(disk, options, (result) => {
    if (result.kind === 'refused') space.stop();
    done(result);
  });
}

/** The file system without and with its reserve, and what the parts of the log wait with. */
interface Disk {
  readonly bulk: FileSystem;
  readonly space: ReservedFileSystem;
  readonly markerTimer: Deadline;
  readonly deletionTimer: Deadline;
  readonly verifyTimer: Deadline;
}

function open(disk: Disk, options: OpenLogOptions, done: Done): void {
  const { space: fs } = disk;
  finishDirectoryIdChange(fs, options, (identity) => {
    if (identity.kind === 'refused') return done(identity);
    // Formatting may have been the last thing before a power cut that came only now.
    inSequence([(next) => next(void removeUnfinished(fs)), (next) => fs.syncDirectory('', next), (next) => fs.syncDirectory(LOG_DIRECTORY, next)], (error) => {
      if (error !== undefined) return done(diskRefusal(error, 'Opening the metadata log'));
      loadElectionState(fs, identity.properties.directoryId, (election) => {
        if (election instanceof Error) return done(diskRefusal(election, 'Reading quorum-state'));
        if (election.kind === 'refused' && election.reason !== 'election-state-lost') return done(election);
        recover(disk, options, { identity, election }, done);
      });
    });
  });
}

/** Whose directory it is, once a change of its id that was interrupted is finished. */
function finishDirectoryIdChange(fs: FileSystem, options: OpenLogOptions, done: (identity: Identity | Refusal) => void): void {
  const identity = checkIdentity(fs, options);
  if (identity.kind === 'refused') return done(identity);
  const change = orRefusal('Reading the data directory', () => readDirectoryIdChange(fs));
  if (change === undefined) return done(identity);
  if ('kind' in change) return done(change);
  changeDirectoryId(fs, identity.properties, change, (error) => {
    if (error !== undefined) return done(diskRefusal(error, 'Changing the directory id'));
    done({ ...identity, properties: { ...identity.properties, directoryId: change.to } });
  });
}

interface Begun {
  readonly identity: Identity;
  /** A refusal: both files are bad. */
  readonly election: LoadedElection | Refusal;
}

function recover(disk: Disk, options: OpenLogOptions, { identity, election }: Begun, done: Done): void {
  const { space: fs } = disk;
  const { properties, bootstrap } = identity;
  const refused = (why: Refusal) => {
    if (election.kind === 'loaded') for (const handle of election.handles) handle.close();
    done(why);
  };
  const presentEpoch = election.kind === 'loaded' ? (election.file.state?.epoch ?? 0) : 0;
  const found = orRefusal('Reading snapshots', () => ({ snapshots: findSnapshots(fs, properties.clusterId), note: readDamageNote(fs, presentEpoch) }));
  if ('kind' in found) return refused(found);
  const isOnlyVoter = (voters: readonly Voter[] | undefined): boolean => {
    const known = voters ?? (typeof bootstrap === 'string' ? undefined : bootstrap.voters);
    return known?.length === 1 && known[0]!.id === properties.nodeId && known[0]!.directoryId === properties.directoryId;
  };
  const beyondRepair = (voters: readonly Voter[] | undefined): string | undefined => {
    if (isOnlyVoter(voters)) return WAY_OUT_OF_ONLY_VOTER;
    return typeof bootstrap === 'string' && voters === undefined ? `The bootstrap checkpoint is damaged too (${bootstrap}), so nobody knows the voters. Format the directory anew.` : undefined;
  };
  recoverLog({ fs, identity: properties, ...found, presentEpoch, beyondRepair }, (log) => {
    if (log.kind === 'refused') return refused(log);
    const closing = (why: Refusal) => {
      for (const segment of log.state.segments) segment.handle.close();
      refused(why);
    };
    const usable = usableBootstrap(bootstrap, log);
    if ('kind' in usable) return closing(usable);
    const bootstrapNotes = typeof bootstrap === 'string' ? [`The bootstrap checkpoint ${snapshotPath(BOOTSTRAP_SNAPSHOT)} cannot be used (${bootstrap}); the log has no more need of it.`] : [];
    const parts = { properties, bootstrap: usable, bootstrapNotes, log, snapshots: found.snapshots, note: log.report.damage };
    if (election.kind === 'loaded') return assemble(disk, options, { ...parts, election, change: undefined }, done);
    const voters = log.voterSets.at(-1)?.voters ?? log.startSnapshot?.head.voters;
    // Before the voters stand in the log, nobody could tell this replica from a wrong disk.
    const isEarly = voters === undefined && usable.voters !== undefined;
    const to = isOnlyVoter(voters) || isEarly ? undefined : options.newDirectoryId?.();
    if (to === undefined) return closing(election);
    becomeNewReplica(disk, options, { ...parts, change: { from: properties.directoryId, to } }, done);
  });
}

/** Both files of quorum-state are bad: whoever voted here is not to be heard of again. */
function becomeNewReplica(disk: Disk, options: OpenLogOptions, parts: Omit<Parts, 'election'> & { readonly change: DirectoryIdChange }, done: Done): void {
  const { change } = parts;
  const { space: fs } = disk;
  const properties = { ...parts.properties, directoryId: change.to };
  const log = { ...parts.log, state: { ...parts.log.state, identity: properties } };
  changeDirectoryId(fs, parts.properties, change, (error) => {
    if (error !== undefined) return done(diskRefusal(error, 'Changing the directory id'));
    loadElectionState(fs, change.to, (election) => {
      if (election instanceof Error) return done(diskRefusal(election, 'Reading quorum-state'));
      if (election.kind === 'refused') return done(election);
      assemble(disk, options, { ...parts, properties, log, election }, done);
    });
  });
}

interface Parts {
  readonly properties: MetaProperties;
  readonly bootstrap: SnapshotContent;
  readonly bootstrapNotes: readonly string[];
  readonly election: LoadedElection;
  readonly log: RecoveredLog;
  readonly snapshots: FoundSnapshots;
  readonly note: DamageNote | undefined;
  readonly change: DirectoryIdChange | undefined;
}

function assemble({ bulk, space, markerTimer, deletionTimer, verifyTimer }: Disk, options: OpenLogOptions, parts: Parts, done: Done): void {
  const { properties, election, log, snapshots: found } = parts;
  const snapshotNotes = orRefusal(`Tidying up ${LOG_DIRECTORY}`, () => {
    refreshLeaderEpochCheckpoint(bulk, log.state.epochs);
    return tidySnapshots(space, found, log);
  });
  if ('kind' in snapshotNotes) return done(snapshotNotes);
  const failed = (error: Error) => store.failBecause(error);
  const deletions = new DeferredDeletion(space, deletionTimer, failed);
  const store = new DiskLogStore({ fs: bulk, space, deletions, timers: markerTimer, verifyTimer, segmentBytes: options.segmentBytes, cacheBytes: options.cacheBytes }, log.state);
  space.fill((error) => {
    if (error !== undefined) return done(diskRefusal(error, `Writing ${RESERVE_FILE}`));
    done({
      kind: 'opened',
      store,
      elections: new DiskElectionStore(election.handles, election.file, failed),
      snapshots: new DiskSnapshotStore({ bulk, fs: space, clusterId: properties.clusterId, log: store, deletions }, log.snapshots),
      recovered: recoveredState(parts, snapshotNotes),
    });
  });
}

function recoveredState({ properties, bootstrap, bootstrapNotes, election, log, note, change }: Parts, snapshotNotes: readonly string[]): RecoveredState {
  const { state, startSnapshot } = log;
  const bootstrapVoters = bootstrap.voters === undefined ? [] : [{ offset: undefined, voters: bootstrap.voters }];
  // As if the snapshot's last record had brought them: no truncation goes back behind it (Kafka does the same).
  const snapshotVoters = startSnapshot?.head.voters === undefined ? [] : [{ offset: (state.start.offset - 1) as Offset, voters: startSnapshot.head.voters }];
  return {
    properties,
    directoryId: properties.directoryId,
    directoryIdChange: change,
    electionState: election.file.state,
    log: {
      startOffset: state.start.offset,
      startEpoch: state.epochBeforeStart as Epoch,
      endOffset: state.endOffset,
      generation: state.generation,
      epochs: state.epochs,
      latestSnapshot: log.snapshots.at(-1)?.id,
      recovering: note === undefined ? undefined : { epoch: note.epoch as Epoch, endOffset: note.endOffset as Offset | undefined },
    },
    voterSets: [...bootstrapVoters, ...snapshotVoters, ...log.voterSets],
    kraftVersion: log.kraftVersion ?? startSnapshot?.head.kraftVersion ?? bootstrap.kraftVersion ?? 0,
    endChecksum: state.endChecksum,
    bootstrap,
    report: { ...log.report, notes: [...election.notes, ...changeNotes(change), ...damageNotes(note), ...bootstrapNotes, ...snapshotNotes, ...log.report.notes] },
  };
}

function changeNotes(change: DirectoryIdChange | undefined): string[] {
  if (change === undefined) return [];
  return [`Neither file of quorum-state could be read, so this replica may have forgotten whom it voted for. It has given up directory id ${change.from} for good and is a new replica, ${change.to}: an observer. Remove the old one from the voters and add this one.`];
}

function damageNotes(note: DamageNote | undefined): string[] {
  return note === undefined ? [] : [`RECOVERING: ${note.problem} This node neither votes nor stands nor counts until it has fetched from the leader what it lost.`];
}

/** The first leader takes up the bootstrap records; once there are metadata records in the log, that has happened. */
function usableBootstrap(bootstrap: Identity['bootstrap'], log: RecoveredLog): SnapshotContent | Refusal {
  if (typeof bootstrap !== 'string') return bootstrap;
  const path = snapshotPath(BOOTSTRAP_SNAPSHOT);
  if (!log.hasMetadata || (log.voterSets.length === 0 && log.startSnapshot?.head.voters === undefined)) {
    return refusal('damaged', `The bootstrap checkpoint ${path} cannot be used: ${bootstrap}. It never changes after formatting, and the log holds nothing yet that would take its place: put back a copy of this directory's own.`, { path });
  }
  return { header: { version: 0, lastContainedLogTimestamp: 0, chainChecksum: 0, imageDigest: undefined }, kraftVersion: undefined, voters: undefined, batches: [] };
}

function orRefusal<T>(doing: string, io: () => T): T | Refusal {
  try {
    return io();
  } catch (error) {
    if (!isDiskError(error)) throw error;
    return diskRefusal(error, doing);
  }
}
