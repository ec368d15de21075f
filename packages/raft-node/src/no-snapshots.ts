import type { SnapshotStore } from './snapshot-ports.js';

const unsupported = (): never => {
  throw new Error('raft-node: this node keeps no snapshots');
};

/** Of a node that keeps no snapshots: it has none, and can neither make nor fetch one. */
export const NO_SNAPSHOTS: SnapshotStore = {
  list: () => [],
  read: () => ({ kind: 'not-found' }),
  open: () => undefined,
  create: unsupported,
  receive: unsupported,
  discardReceived: () => {},
  install: unsupported,
  deleteBefore: unsupported,
};
