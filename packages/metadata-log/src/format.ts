import { ZERO_UUID, encodeRecord, genesisChecksum, isReservedUuid, utf8Encode, type MetadataRecord, type NodeId, type Offset, type Uuid } from '@quorate/records';
import type { Voter } from '@quorate/raft-core';
import { writeFileDurably } from './durable-file.js';
import { createElectionFiles } from './election-file.js';
import type { FileSystem } from './file-system.js';
import { inspectDirectory, leftovers } from './inspect-directory.js';
import { encodeMetaProperties } from './meta-properties.js';
import { BOOTSTRAP_SNAPSHOT, LOG_DIRECTORY, META_PROPERTIES, PARTITION_METADATA } from './paths.js';
import { diskRefusal, refusal, type Refusal } from './refusal.js';
import { MAX_CLUSTER_ID_BYTES } from './segment-header.js';
import { createSegment } from './segment.js';
import { SnapshotWriter } from './snapshot-file.js';
import { inSequence, type Step } from './steps.js';

/** What a data directory is formatted for. */
export interface FormatRequest {
  /** Any string of 1 to 400 bytes of UTF-8. */
  readonly clusterId: string;
  readonly nodeId: NodeId;
  /** New and random: never one that was used before. */
  readonly directoryId: Uuid;
  /** Controllers get a metadata log, brokers only `meta.properties`. */
  readonly isController: boolean;
  /** The first voters, the same on every controller. Left out where the node will join an existing quorum as an observer. */
  readonly initialVoters?: readonly Voter[] | undefined;
  /** Metadata records that the first leader takes up. */
  readonly bootstrapRecords?: readonly MetadataRecord[] | undefined;
  /** Of a cluster whose lost majority was overridden; left out for all others. */
  readonly recoveryId?: Uuid | undefined;
}

export interface Formatted {
  readonly kind: 'formatted';
}

/** Kafka's topic id of the metadata log. */
const METADATA_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';
const KRAFT_VERSION = 1;

/**
 * Formats a data directory, durably: first segment, the two files of quorum-state and the 0-0 checkpoint with kraft.version
 * and voters, then `meta.properties`, last, so that a directory is formatted or visibly is not. What an interrupted
 * formatting left is removed first. The data directory itself must exist.
 */
export function formatDirectory(fs: FileSystem, request: FormatRequest, done: (result: Formatted | Refusal) => void): void {
  const problem = requestProblem(request) ?? directoryProblem(fs);
  if (problem !== undefined) return done(problem);
  const steps: Step[] = [
    (next) => {
      for (const path of leftovers(fs)) fs.unlink(path);
      if (fs.exists(LOG_DIRECTORY)) fs.syncDirectory(LOG_DIRECTORY, next);
      else next(undefined);
    },
    ...(request.isController ? logSteps(fs, request) : []),
    (next) => writeFileDurably(fs, META_PROPERTIES, encodeMetaProperties({ ...request, recoveryId: request.recoveryId ?? ZERO_UUID }), next),
  ];
  inSequence(steps, (error) => done(error === undefined ? { kind: 'formatted' } : diskRefusal(error, 'Formatting')));
}

/** Makes the metadata log's directory and everything in it, durably. */
export function logSteps(fs: FileSystem, request: FormatRequest): Step[] {
  const chainChecksum = genesisChecksum(request.clusterId);
  return [
    (next) => {
      fs.makeDirectory(LOG_DIRECTORY);
      fs.syncDirectory('', next);
    },
    (next) => {
      const base = { offset: 0 as Offset, checksum: chainChecksum };
      const segment = createSegment(fs, request, base, { endOffset: base.offset, checksum: base.checksum, generation: 0, sealed: false });
      segment.handle.sync((error) => {
        segment.handle.close();
        next(error);
      });
    },
    (next) => createElectionFiles(fs, request.directoryId, next),
    (next) => {
      const file = fs.open(PARTITION_METADATA, { create: true });
      file.writeSync(utf8Encode(`version: 0\ntopic_id: ${METADATA_TOPIC_ID}`), 0);
      file.sync((error) => {
        file.close();
        next(error);
      });
    },
    (next) => {
      const head = { id: BOOTSTRAP_SNAPSHOT, lastContainedTimestampMs: 0, chainChecksum, imageDigest: undefined, kraftVersion: KRAFT_VERSION, voters: request.initialVoters };
      const snapshot = new SnapshotWriter(fs, request.clusterId, head);
      const records = request.bootstrapRecords ?? [];
      if (records.length > 0) snapshot.append(records.map(encodeRecord));
      snapshot.freeze(next);
    },
  ];
}

function requestProblem(request: FormatRequest): Refusal | undefined {
  const { clusterId, nodeId, directoryId, initialVoters, isController } = request;
  const size = utf8Encode(clusterId).length;
  if (size === 0 || size > MAX_CLUSTER_ID_BYTES) return refusal('bad-request', `A cluster id has 1 to ${MAX_CLUSTER_ID_BYTES} bytes, this one has ${size}. \`quorate storage random-uuid\` makes one.`);
  if (isReservedUuid(directoryId)) return refusal('bad-request', `Directory id ${directoryId} is reserved. \`quorate storage random-uuid\` makes one.`);
  if (initialVoters === undefined) return undefined;
  if (!isController) return refusal('bad-request', 'Initial voters are for controllers; process.roles of this node has no controller.');
  if (initialVoters.length === 0) return refusal('bad-request', 'The list of initial voters is empty: name at least one, or leave it out.');
  if (new Set(initialVoters.map((voter) => voter.id)).size !== initialVoters.length) return refusal('bad-request', 'Two initial voters have the same node id.');
  const self = initialVoters.find((voter) => voter.id === nodeId);
  if (self !== undefined && self.directoryId !== directoryId) {
    return refusal('bad-request', `Node ${nodeId} is an initial voter with directory id ${self.directoryId}, but its directory would get ${directoryId}: a listed node takes its id from the list.`);
  }
  return undefined;
}

function directoryProblem(fs: FileSystem): Refusal | undefined {
  const found = inspectDirectory(fs);
  switch (found.kind) {
    case 'empty':
    case 'half-formatted':
      return undefined;
    case 'formatted':
      return refusal('already-formatted', `The directory is formatted already, for node ${found.properties.nodeId} of cluster ${found.properties.clusterId}. Start the node, or name another directory.`, { path: META_PROPERTIES });
    case 'unreadable-properties':
      return refusal('unreadable-properties', `${META_PROPERTIES} is not ours: ${found.problem}. Name another directory.`, { path: META_PROPERTIES });
    case 'without-properties':
      return refusal('not-empty', `${LOG_DIRECTORY} holds a log, but ${META_PROPERTIES} is gone. Put it back, or move the directory aside.`, { path: LOG_DIRECTORY });
    case 'not-empty':
      return refusal('not-empty', `The directory is not empty: ${found.entries.slice(0, 5).join(', ')}${found.entries.length > 5 ? ' …' : ''}. Name an empty one.`);
  }
}
