import { deliveryBugs } from './delivery.js';
import { electionBugs } from './elections.js';
import type { KnownBug } from './known-bug.js';
import { readBugs } from './reads.js';
import { replicationBugs } from './replication.js';
import { requestBugs } from './requests.js';
import { snapshotBugs } from './snapshots.js';
import { storageBugs } from './storage.js';
import { voterBugs } from './voters.js';

/** Every bug that can be put back. */
export const knownBugs: readonly KnownBug[] = [...electionBugs, ...replicationBugs, ...storageBugs, ...snapshotBugs, ...deliveryBugs, ...requestBugs, ...readBugs, ...voterBugs];
