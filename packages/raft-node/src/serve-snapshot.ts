import type { Effect, FetchSnapshotResponse } from '@quorate/raft-core';
import type { SnapshotStore } from './snapshot-ports.js';

type ReplyFetchSnapshot = Extract<Effect, { kind: 'replyFetchSnapshot' }>;

const NO_BYTES = new Uint8Array(0);

/** The answer to a FetchSnapshot that the core has accepted: bytes of the file, or why there are none. Source: KIP-630. */
export function snapshotResponse(store: SnapshotStore, { response, snapshotId, position, maxBytes }: ReplyFetchSnapshot): FetchSnapshotResponse {
  const chunk = store.read(snapshotId, position, maxBytes);
  const nothing = { ...response, size: 0, position, bytes: NO_BYTES, chainChecksum: 0 };
  switch (chunk.kind) {
    case 'chunk':
      return { ...response, size: chunk.size, position, bytes: chunk.bytes, chainChecksum: chunk.chainChecksum };
    case 'not-found':
      return { ...nothing, error: 'SNAPSHOT_NOT_FOUND' };
    case 'out-of-range':
      return { ...nothing, size: chunk.size, error: 'POSITION_OUT_OF_RANGE' };
  }
}
