import { encodeBatch, encodeControlRecord, uuidToBytes, type ControlRecord, type Epoch, type Uuid } from '@quorate/records';
import { kraftVersionRecord, VoterSet, votersRecord, type Voter } from '@quorate/raft-core';
import type { FileSystem } from './file-system.js';
import { openLog, type OpenedLog, type OpenLogOptions } from './open-log.js';
import type { MetaProperties } from './meta-properties.js';
import { replaceProperties } from './replace-properties.js';
import { diskRefusal, refusal, type Refusal } from './refusal.js';

export interface OverrideRequest {
  readonly open: OpenLogOptions;
  /** The new set; holds this node under its directory id. */
  readonly voters: readonly Voter[];
  /** New, and later than any that this cluster had. */
  readonly recoveryId: Uuid;
  /** Wall clock, milliseconds since 1970. */
  readonly appendTimeMs: number;
}

export interface Overridden {
  readonly kind: 'overridden';
  readonly properties: MetaProperties;
  readonly epoch: Epoch;
  /** Where the new voter set stands; everything before it is the cluster's history from now on. */
  readonly offset: number;
}

/**
 * The lost voters may have seen epochs that this node never heard of. Nobody of theirs may ever speak to us again (the
 * recovery id sees to that), but people compare epochs in logs and metrics, so ours begin well above.
 */
export const EPOCH_LEAP = 1000;
const MAX_EPOCH = 2 ** 31 - 1;

/**
 * Makes this node's log the cluster's history, and the given voters those who decide on it, after the majority was lost for
 * good. What no majority acknowledged becomes committed; what this node does not hold is lost.
 *
 * In this order, each step durable before the next:
 *  1. the recovery id: from here on nobody of the old history hears this node, nor it them;
 *  2. the election state, as the leader of the new epoch: it votes for nobody else in it, and never leads in it itself;
 *  3. one control batch of that epoch at the log's end: LeaderChange, KRaftVersion and the new KRaftVoters.
 * A crash in between leaves a node that finds no majority and serves nobody; the override is begun again then.
 * The next start elects in a later epoch by the usual rules, and its LeaderChange commits all that is before it.
 */
export function overrideVoters(fs: FileSystem, request: OverrideRequest, done: (result: Overridden | Refusal) => void): void {
  openLog(fs, request.open, (opened) => {
    if (opened.kind === 'refused') return done(opened);
    const problem = requestProblem(opened, request);
    const { properties } = opened.recovered;
    if (problem !== undefined) return close(opened, () => done(problem));
    const renewed: MetaProperties = { ...properties, recoveryId: request.recoveryId };
    replaceProperties(fs, renewed, (error) => {
      if (error !== undefined) return close(opened, () => done(diskRefusal(error, 'Writing the recovery id')));
      writeHistory(opened, request, (result) => done(result.kind === 'refused' ? result : { ...result, properties: renewed }));
    });
  });
}

function requestProblem({ recovered }: OpenedLog, { voters, recoveryId }: OverrideRequest): Refusal | undefined {
  const { properties } = recovered;
  const self = voters.find(({ id }) => id === properties.nodeId);
  if (self === undefined) return refusal('bad-request', `The new voters do not name this node, ${properties.nodeId}: it holds the only log that is to go on.`);
  if (self.directoryId !== properties.directoryId) {
    return refusal('bad-request', `The new voters name node ${self.id} with directory id ${self.directoryId}, this directory is ${properties.directoryId}.`);
  }
  if (recovered.log.recovering !== undefined) {
    return refusal('damaged', 'This log is damaged: part of what was durable here is gone, so it must not become the history of the cluster. Take another survivor, if there is one; `quorate log verify` shows how far each goes.');
  }
  if (recoveryId === properties.recoveryId) return refusal('bad-request', 'The recovery id must be a new one.');
  return undefined;
}

type Written = { readonly kind: 'overridden'; readonly epoch: Epoch; readonly offset: number } | Refusal;

function writeHistory(opened: OpenedLog, { voters, appendTimeMs }: OverrideRequest, done: (result: Written) => void): void {
  const { store, elections, recovered } = opened;
  const { properties } = recovered;
  const seen = Math.max(recovered.log.epochs.at(-1)?.epoch ?? 0, recovered.electionState?.epoch ?? 0);
  const epoch = Math.min(seen + EPOCH_LEAP, MAX_EPOCH) as Epoch;
  const offset = store.endOffset;
  const self = { id: properties.nodeId, directoryId: properties.directoryId };
  let ended = false;
  const end = (result: Written): void => {
    if (ended) return;
    ended = true;
    close(opened, () => done(result));
  };
  store.setListener({
    flushed: (endOffset) => {
      if (endOffset > offset) end({ kind: 'overridden', epoch, offset });
    },
    failed: (error) => end(diskRefusal(error, 'Writing the new voter set')),
  });
  elections.persist({ epoch, leaderId: self.id, votedKey: self }, () => {
    const set = new VoterSet(voters);
    const records = [leaderChange(self, set), kraftVersionRecord(recovered.kraftVersion), votersRecord(set)].map(encodeControlRecord);
    store.append(encodeBatch({ baseOffset: offset, epoch, appendTimeMs, isControl: true, previousChecksum: store.endChecksum, records }));
  });
}

function leaderChange(self: { readonly id: number; readonly directoryId: Uuid }, { voters }: VoterSet): ControlRecord {
  const key = ({ id, directoryId }: { readonly id: number; readonly directoryId: Uuid }) => ({ voterId: id, voterDirectoryId: uuidToBytes(directoryId) });
  return { kind: 'LeaderChange', version: 1, value: { version: 1, leaderId: self.id, voters: voters.map(key), grantingVoters: [key(self)] } };
}

function close({ store, elections }: OpenedLog, done: () => void): void {
  store.close(() => {
    elections.close();
    done();
  });
}
