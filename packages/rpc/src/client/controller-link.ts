import { credentials, Metadata, type ClientReadableStream } from '@grpc/grpc-js';
import type { ClusterIdentity, Endpoint, LeaderHint } from '@quorate/raft-core';
import type { Epoch, NodeId, Offset } from '@quorate/records';
import type { WatchLeaderResponse } from '@quorate/records/gen/quorate/controller/v1/controller';
import { INTERNAL_CHANNEL, target } from '../channel-options.js';
import { resetBackoff } from '../reset-backoff.js';
import { QuorumServiceClient } from '../gen/quorate/admin/v1/quorum_service.js';
import { ControllerServiceClient } from '../gen/quorate/controller/v1/controller_service.js';
import { RaftServiceClient } from '../gen/quorate/raft/v1/raft_service.js';
import { clusterFromWire, leaderFromWire } from '../wire/raft-parts.js';
import { readNodeId, readOffset } from '../wire/read-fields.js';

/** What one controller says of the leader. */
export interface ControllerView {
  readonly nodeId: NodeId;
  readonly hint: LeaderHint;
  readonly isActive: boolean;
  readonly highWatermark: Offset;
  readonly cluster: ClusterIdentity;
}

const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 500;
/** For a call that does not fail while the channel is dialling. */
const WAIT_FOR_READY = new Metadata({ waitForReady: true });

/** One controller as a client sees it: its stubs on one connection, and a standing question who leads. */
export class ControllerLink {
  readonly endpoint: Endpoint;
  readonly controller: ControllerServiceClient;
  readonly raft: RaftServiceClient;
  readonly quorum: QuorumServiceClient;
  readonly #changed: () => void;
  #view: ControllerView | undefined;
  #nodeId: NodeId | undefined;
  #problem = 'not asked yet';
  #stream: ClientReadableStream<WatchLeaderResponse> | undefined;
  #retryMs = FIRST_RETRY_MS;
  #retry: NodeJS.Timeout | undefined;
  /** The newest epoch for which `wake` has dialled. */
  #wokenFor = -1;
  #closed = false;

  constructor(endpoint: Endpoint, changed: () => void) {
    this.endpoint = endpoint;
    this.#changed = changed;
    this.controller = new ControllerServiceClient(target(endpoint), credentials.createInsecure(), INTERNAL_CHANNEL);
    const shared = { channelOverride: this.controller.getChannel() };
    this.raft = new RaftServiceClient(target(endpoint), credentials.createInsecure(), shared);
    this.quorum = new QuorumServiceClient(target(endpoint), credentials.createInsecure(), shared);
    this.#watch();
  }

  /** Undefined while it cannot be reached. */
  get view(): ControllerView | undefined {
    return this.#view;
  }

  /** Its node id, once it has told; kept while it is away. */
  get nodeId(): NodeId | undefined {
    return this.#nodeId;
  }

  /** Why it cannot be reached. */
  get problem(): string {
    return this.#view === undefined ? this.#problem : '';
  }

  /**
   * Another controller says that this one leads that epoch, so it is there: once an epoch, a link that is down is dialled at
   * once instead of when its back-off ends.
   */
  wake(epoch: Epoch): void {
    if (this.#closed || this.#view !== undefined || epoch <= this.#wokenFor) return;
    this.#wokenFor = epoch;
    if (this.#retry !== undefined) this.#watch(WAIT_FOR_READY);
    resetBackoff(this.controller.getChannel());
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#stream?.cancel();
    this.controller.close();
  }

  #watch(metadata = new Metadata()): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const stream = this.controller.watchLeader({}, metadata);
    this.#stream = stream;
    stream.on('data', (message: WatchLeaderResponse) => this.#handleView(message));
    stream.on('error', () => undefined);
    stream.on('status', (over) => {
      if (this.#closed) return;
      this.#problem = plainProblem(over);
      this.#lost();
      this.#retry ??= setTimeout(() => this.#watch(), this.#retryMs);
      this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
    });
  }

  #handleView(message: WatchLeaderResponse): void {
    if (this.#closed) return;
    this.#retryMs = FIRST_RETRY_MS;
    try {
      this.#view = {
        nodeId: readNodeId('node_id', message.nodeId),
        hint: leaderFromWire('leader', message.leader),
        isActive: message.active,
        highWatermark: readOffset('high_watermark', message.highWatermark),
        cluster: clusterFromWire('cluster', message.cluster),
      };
      this.#nodeId = this.#view.nodeId;
    } catch (error) {
      this.#problem = `it answers what cannot be read: ${error instanceof Error ? error.message : String(error)}`;
      this.#view = undefined;
    }
    this.#changed();
  }

  #lost(): void {
    if (this.#view === undefined) return;
    this.#view = undefined;
    this.#changed();
  }
}

/** grpc-js wraps what the operating system said; people want that alone. */
function plainProblem({ code, details }: { readonly code: number; readonly details: string }): string {
  const inner = /Last error: (?:Error: )?(.+?)\. Resolution note:/.exec(details)?.[1] ?? details;
  return inner === '' ? `it ended the connection with status ${code}` : inner;
}
