import { deliveryBugs } from './delivery.js';
import { electionBugs } from './elections.js';
import type { KnownBug } from './known-bug.js';
import { replicationBugs } from './replication.js';
import { requestBugs } from './requests.js';
import { storageBugs } from './storage.js';

/** Every bug that can be put back. */
export const knownBugs: readonly KnownBug[] = [...electionBugs, ...replicationBugs, ...storageBugs, ...deliveryBugs, ...requestBugs];
