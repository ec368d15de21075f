import type { Effect, FetchRequest, ImageDigest, Input, NodeEndpoints, RaftRequest, RaftResponse, ReplyToken, SnapshotId, TransferOutcome, TransferToken } from '@quorate/raft-core';
import { encodeBatch, encodeControlRecord } from '@quorate/records';
import type { Epoch } from '@quorate/records';
import { assert, assertNever } from './assert.js';
import type { CommittedDelivery } from './deliver-committed.js';
import type { FetchReplies } from './fetch-replies.js';
import type { Observe } from './observe.js';
import { snapshotResponse } from './serve-snapshot.js';
import type { InstallResult, SnapshotStore } from './snapshot-ports.js';
import type { OpenReads } from './open-reads.js';
import type { ElectionStore, LogStore, Timers, Transport } from './ports.js';
import type { LeaderKnown } from './state-machine.js';

/** What carrying out an effect needs of the loop and of the world. */
export interface EffectHost {
  readonly log: LogStore;
  readonly snapshots: SnapshotStore;
  readonly elections: ElectionStore;
  readonly transport: Transport;
  readonly timers: Timers;
  readonly fetchReplies: FetchReplies;
  readonly delivery: CommittedDelivery;
  readonly reads: OpenReads;
  readonly observe: Observe;
  readonly imageDigest: () => ImageDigest | undefined;
  /** Stops the loop; no further effect or input is touched until the returned function is called. */
  pause(): () => void;
  /** What became of an install: the very next input, before anything else is stepped. */
  installed(id: SnapshotId, generation: number, result: InstallResult): void;
  verified(input: Extract<Input, { kind: 'logVerified' }>): void;
  /** This process cannot go on. */
  stop(problem: string): void;
  leaderChanged(leader: LeaderKnown): void;
  /** The core takes no proposals for a moment, or again. */
  handingOver(isHandingOver: boolean): void;
  transferAnswered(token: TransferToken, outcome: TransferOutcome): void;
  /** The epoch in which proposals may be made; undefined when we do not lead. */
  leading(epoch: Epoch | undefined): void;
  votersChanged(peers: readonly NodeEndpoints[]): void;
  /** @returns true when the asker is in this process; it is told when all effects are carried out. */
  answeredHere(token: ReplyToken, response: RaftResponse): boolean;
  shutdownComplete(): void;
}

/** Carries out one effect. Those that must be durable before anything follows pause the loop. */
export function runEffect(effect: Effect, host: EffectHost): void {
  switch (effect.kind) {
    case 'persistElectionState':
      return host.elections.persist(effect.state, host.pause());
    case 'truncate':
      return host.log.truncate(effect.endOffset, effect.generation, host.pause());
    case 'recoverLog':
      return host.log.recoverFrom(effect.endOffset, effect.recovery, effect.generation, host.pause());
    case 'recovered':
      return host.log.recovered();
    case 'verifyLog':
      return host.log.verify(effect.endOffset, (damagedAt, problem) => host.verified({ kind: 'logVerified', endOffset: effect.endOffset, generation: effect.generation, damagedAt, problem }));
    case 'stop':
      return host.stop(effect.problem);
    case 'append':
      for (const batch of effect.batches) host.log.append(batch);
      return;
    case 'appendControl':
      return appendControl(effect, host);
    case 'send':
      return send(effect, host);
    case 'reply':
      if (host.answeredHere(effect.token, effect.response)) return;
      host.fetchReplies.forget(effect.token);
      return host.transport.reply(effect.token, effect.response);
    case 'replyFetch':
      return host.fetchReplies.reply(effect);
    case 'replyFetchSnapshot':
      return host.transport.reply(effect.token, snapshotResponse(host.snapshots, effect));
    case 'storeSnapshotChunk':
      return host.snapshots.receive(effect.snapshotId, effect.position, effect.bytes);
    case 'discardSnapshot':
      return host.snapshots.discardReceived(effect.snapshotId);
    case 'installSnapshot':
      return installSnapshot(effect, host);
    case 'advanceHighWatermark':
      return host.delivery.advance(effect.highWatermark);
    case 'leaderChanged':
      return host.leaderChanged({ epoch: effect.epoch, leaderId: effect.leaderId });
    case 'leadershipReady':
      host.leading(effect.epoch);
      return host.delivery.leadershipReady({ epoch: effect.epoch, epochStartOffset: effect.epochStartOffset });
    case 'leadershipLost':
      host.leading(undefined);
      host.handingOver(false);
      return host.delivery.leadershipLost(effect.epoch, effect.reason);
    case 'proposalRefused':
      return; // told to the proposer by the return value of `propose`
    case 'handOverBegun':
      return host.handingOver(true);
    case 'handOverAbandoned':
      return host.handingOver(false);
    case 'transferAnswered':
      return host.transferAnswered(effect.token, effect.outcome);
    case 'readReady':
      return host.reads.answered(effect.token, { kind: 'ready', index: effect.index });
    case 'readRefused':
      return host.reads.answered(effect.token, { kind: 'refused', reason: effect.reason });
    case 'checkConnection':
      return host.transport.checkConnection({ id: effect.peer, endpoints: effect.endpoints });
    case 'votersChanged':
      return host.votersChanged(effect.peers);
    case 'shutdownComplete':
      return host.shutdownComplete();
    case 'event':
      return host.observe(effect.event, host.timers.nowMs());
    default:
      return assertNever(effect);
  }
}

function appendControl(effect: Extract<Effect, { kind: 'appendControl' }>, { log, timers }: EffectHost): void {
  assert(effect.baseOffset === log.endOffset, `control batch for ${effect.baseOffset}, the log ends at ${log.endOffset}`);
  log.append(
    encodeBatch({
      baseOffset: effect.baseOffset,
      epoch: effect.epoch,
      appendTimeMs: Math.trunc(timers.wallMs()),
      isControl: true,
      previousChecksum: log.endChecksum,
      records: effect.records.map(encodeControlRecord),
    }),
  );
}

function installSnapshot({ snapshotId, generation }: Extract<Effect, { kind: 'installSnapshot' }>, host: EffectHost): void {
  const goOn = host.pause();
  host.snapshots.install(snapshotId, generation, (result) => {
    host.installed(snapshotId, generation, result);
    goOn();
  });
}

function send(effect: Extract<Effect, { kind: 'send' }>, host: EffectHost): void {
  const to = { id: effect.to, endpoints: effect.endpoints };
  host.transport.send(effect.requestId, to, completeRequest(effect.request, host));
}

/** A Fetch says what its sender's copy looks like; the core, which never reads the log, leaves that to the host. */
function completeRequest(request: RaftRequest, { log, imageDigest }: EffectHost): RaftRequest {
  if (request.kind !== 'fetch') return request;
  const completed: FetchRequest = {
    ...request,
    chainChecksum: request.fetchOffset > 0 ? log.checksumAt(request.fetchOffset) : undefined,
    imageDigest: imageDigest(),
  };
  return completed;
}
