import type { FaultActions } from './fault-context.js';

/** The voter set is changed while everything goes on. */
export const VOTER_FAULTS: FaultActions = {
  // Every node joins again by itself a while after it was removed.
  'voter-removed': ({ nodes, operator, atlas, note, happened, world }, node) => {
    const leader = nodes.find(({ isLeader }) => isLeader);
    if (leader === undefined || !node.isVoter || !atlas.grantRemoval(node.id, world.nowMs)) return;
    happened('voter-removed');
    note(`FAULT an operator asks n${leader.id} to remove n${node.id}`);
    operator.removeVoter(leader.id, node.key);
  },
};
