import { bytesEqual, type Epoch, type NodeId, type Offset, type Uuid } from '@quorate/records';
import type { RaftCoreConfig } from '@quorate/raft-core';
import type { Timers } from '@quorate/raft-node';
import { DeferredDeletion } from './deferred-deletion.js';
import { DiskElectionStore, loadElectionState, type LoadedElection } from './election-file.js';
import type { FileSystem } from './file-system.js';
import { isDiskError } from './file-system-error.js';
import { findSnapshots, type FoundSnapshots } from './found-snapshots.js';
import { inspectDirectory } from './inspect-directory.js';
import { encodeLeaderEpochCheckpoint, writeLeaderEpochCheckpoint } from './leader-epoch-checkpoint.js';
import { DiskLogStore } from './log-store.js';
import type { MetaProperties } from './meta-properties.js';
import { BOOTSTRAP_SNAPSHOT, LEADER_EPOCH_CHECKPOINT, LOG_DIRECTORY, META_PROPERTIES, snapshotPath } from './paths.js';
import { recoverLog, type RecoveredLog, type RecoveryReport } from './recovery.js';
import { diskRefusal, refusal, type Refusal } from './refusal.js';
import { readSnapshot, type SnapshotContent } from './snapshot-read.js';
import { DiskSnapshotStore } from './snapshot-store.js';
import { splitTimers } from './split-timers.js';
import { tidySnapshots } from './tidy-snapshots.js';
import { inSequence, type Step } from './steps.js';

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
}

/** Everything a core starts from, read and made durable. */
export interface RecoveredState extends Pick<RaftCoreConfig, 'electionState' | 'log' | 'voterSets' | 'kraftVersion'> {
  readonly properties: MetaProperties;
  readonly directoryId: Uuid;
  /** Checksum of the last batch; of the genesis when the log is empty. */
  readonly endChecksum: number;
  /** The 0-0 checkpoint: first voters and bootstrap records. */
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

/**
 * Opens the metadata log of a formatted controller directory: checks whose it is, recovers the log and the election state,
 * and makes both durable. A failed write of either store is told to the log's listener, `failed`, once.
 */
export function openLog(fs: FileSystem, options: OpenLogOptions, done: (result: OpenedLog | Refusal) => void): void {
  const identity = checkIdentity(fs, options);
  if (identity.kind === 'refused') return done(identity);
  const { properties, bootstrap } = identity;
  const cleanUp: Step = (next) => {
    removeUnfinished(fs);
    next(undefined);
  };
  // Formatting may have been the last thing before a power cut that came only now.
  inSequence([cleanUp, (next) => fs.syncDirectory('', next), (next) => fs.syncDirectory(LOG_DIRECTORY, next)], (error) => {
    if (error !== undefined) return done(diskRefusal(error, 'Opening the metadata log'));
    loadElectionState(fs, properties.directoryId, (election) => {
      if (election instanceof Error) return done(diskRefusal(election, 'Reading quorum-state'));
      if (election.kind === 'refused') return done(election);
      const snapshots = lookForSnapshots(fs, properties.clusterId);
      const refused = (why: Refusal) => {
        for (const handle of election.handles) handle.close();
        done(why);
      };
      if ('reason' in snapshots) return refused(snapshots);
      recoverLog(fs, properties, snapshots, (log) => {
        if (log.kind === 'recovered') done(assemble(fs, options, { properties, bootstrap, election, log, snapshots }));
        else refused(log);
      });
    });
  });
}

function lookForSnapshots(fs: FileSystem, clusterId: string): FoundSnapshots | Refusal {
  try {
    return findSnapshots(fs, clusterId);
  } catch (error) {
    if (!isDiskError(error)) throw error;
    return diskRefusal(error, 'Reading snapshots');
  }
}

interface Identity {
  readonly kind: 'known';
  readonly properties: MetaProperties;
  readonly bootstrap: SnapshotContent;
}

function checkIdentity(fs: FileSystem, options: OpenLogOptions): Identity | Refusal {
  try {
    const found = inspectDirectory(fs);
    if (found.kind !== 'formatted') return notFormatted(found.kind, found.kind === 'unreadable-properties' ? found.problem : '');
    const { properties } = found;
    if (properties.nodeId !== options.nodeId) {
      return refusal('other-node', `The directory belongs to node ${properties.nodeId}, this is node ${options.nodeId} (node.id). Correct node.id or metadata.log.dir.`, { path: META_PROPERTIES });
    }
    if (options.clusterId !== undefined && options.clusterId !== properties.clusterId) {
      return refusal('other-cluster', `The directory belongs to cluster ${properties.clusterId}, cluster.id says ${options.clusterId}. Correct cluster.id or metadata.log.dir.`, { path: META_PROPERTIES });
    }
    if (!found.hasLog) return refusal('damaged', `${META_PROPERTIES} is there and ${LOG_DIRECTORY} is not: the directory was formatted for a broker alone, or the log was removed. Format an empty directory for a controller, with a new directory id.`, { path: LOG_DIRECTORY });
    return readBootstrap(fs, properties);
  } catch (error) {
    if (!isDiskError(error)) throw error;
    return diskRefusal(error, 'Reading the data directory');
  }
}

function notFormatted(kind: string, problem: string): Refusal {
  switch (kind) {
    case 'empty':
      return refusal('not-formatted', 'The directory is not formatted. Run `quorate storage format`.');
    case 'half-formatted':
      return refusal('half-formatted', 'Formatting of the directory was interrupted. Run `quorate storage format` again.');
    case 'unreadable-properties':
      return refusal('unreadable-properties', `${META_PROPERTIES} cannot be understood: ${problem}. Put back the one that formatting made.`, { path: META_PROPERTIES });
    case 'without-properties':
      return refusal('damaged', `${LOG_DIRECTORY} holds a log, but ${META_PROPERTIES} is gone. Put it back: without it nobody knows whose log this is.`, { path: META_PROPERTIES });
    default:
      return refusal('not-formatted', 'The directory is not formatted and holds other files. Name another one in metadata.log.dir, and run `quorate storage format`.');
  }
}

function readBootstrap(fs: FileSystem, properties: MetaProperties): Identity | Refusal {
  const path = snapshotPath(BOOTSTRAP_SNAPSHOT);
  const content = fs.exists(path) ? readSnapshot(fs.readFile(path), properties.clusterId) : 'it is not there';
  if (typeof content !== 'string') return { kind: 'known', properties, bootstrap: content };
  return refusal('damaged', `The bootstrap checkpoint ${path} cannot be used: ${content}. It never changes after formatting: put back a copy of this directory's own.`, { path });
}

interface Parts {
  readonly properties: MetaProperties;
  readonly bootstrap: SnapshotContent;
  readonly election: LoadedElection;
  readonly log: RecoveredLog;
  readonly snapshots: FoundSnapshots;
}

function assemble(fs: FileSystem, options: OpenLogOptions, { properties, bootstrap, election, log, snapshots: found }: Parts): OpenedLog | Refusal {
  const { state, startSnapshot } = log;
  let snapshotNotes: readonly string[];
  try {
    snapshotNotes = tidySnapshots(fs, found, log);
    refreshEpochs(fs, state.epochs);
  } catch (error) {
    if (!isDiskError(error)) throw error;
    return diskRefusal(error, `Tidying up ${LOG_DIRECTORY}`);
  }
  const [markerTimer, deletionTimer] = splitTimers(options.timers, 2);
  const deletions = new DeferredDeletion(fs, deletionTimer!, (error) => store.failBecause(error));
  const store = new DiskLogStore({ fs, timers: markerTimer!, segmentBytes: options.segmentBytes, cacheBytes: options.cacheBytes, deletions }, state);
  const snapshots = new DiskSnapshotStore({ fs, clusterId: properties.clusterId, log: store, deletions }, log.snapshots);
  const elections = new DiskElectionStore(election.handles, election.file, (error) => store.failBecause(error));
  const bootstrapVoters = bootstrap.voters === undefined ? [] : [{ offset: undefined, voters: bootstrap.voters }];
  // As if the snapshot's last record had brought them: no truncation goes back behind it (Kafka does the same).
  const snapshotVoters = startSnapshot?.head.voters === undefined ? [] : [{ offset: (state.start.offset - 1) as Offset, voters: startSnapshot.head.voters }];
  const recovered: RecoveredState = {
    properties,
    directoryId: properties.directoryId,
    electionState: election.file.state,
    log: {
      startOffset: store.startOffset,
      startEpoch: state.epochBeforeStart as Epoch,
      endOffset: state.endOffset,
      generation: state.generation,
      epochs: state.epochs,
      latestSnapshot: log.snapshots.at(-1)?.id,
      recovering: false,
    },
    voterSets: [...bootstrapVoters, ...snapshotVoters, ...log.voterSets],
    kraftVersion: log.kraftVersion ?? startSnapshot?.head.kraftVersion ?? bootstrap.kraftVersion ?? 0,
    endChecksum: state.endChecksum,
    bootstrap,
    report: { ...log.report, notes: [...election.notes, ...snapshotNotes, ...log.report.notes] },
  };
  return { kind: 'opened', store, elections, snapshots, recovered };
}

/** Snapshots and small files whose writing was interrupted, and snapshots that were to be deleted. */
function removeUnfinished(fs: FileSystem): void {
  for (const name of fs.list(LOG_DIRECTORY)) if (/\.(part|tmp|deleted)$/.test(name)) fs.unlink(`${LOG_DIRECTORY}/${name}`);
}

/** The text file follows the log, never the other way round. */
function refreshEpochs(fs: FileSystem, epochs: RecoveredState['log']['epochs']): void {
  const current = fs.exists(LEADER_EPOCH_CHECKPOINT) ? fs.readFile(LEADER_EPOCH_CHECKPOINT) : undefined;
  if (current === undefined || !bytesEqual(current, encodeLeaderEpochCheckpoint(epochs))) writeLeaderEpochCheckpoint(fs, epochs);
}
