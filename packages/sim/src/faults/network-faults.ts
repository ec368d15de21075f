import type { Network } from '../network.js';
import type { FaultActions, FaultContext } from './fault-context.js';
import { cutBothWays, cutOneWay, PARTITION_SHAPES } from './partitions.js';
import type { Cut } from './partitions.js';

/** Links that are slow, lossy or cut for a while. */
export const NETWORK_FAULTS: FaultActions = {
  'clogged-links': (context, node) => {
    const other = context.random.pick(context.nodes);
    context.happened('clogged-links');
    onLinks(context, `n${node.id} to n${other.id} is clogged`, (network) => network.clog(node.id, other.id, context.random.between(20, 800)));
  },
  'one-way-loss': (context, node) => {
    const others = context.nodes.filter((other) => other !== node);
    if (others.length === 0) return;
    const other = context.random.pick(others);
    const probability = context.random.pick([0.1, 0.5, 0.9]);
    context.happened('one-way-loss');
    onLinks(context, `n${node.id} to n${other.id} loses ${probability * 100} %`, (network) => network.lose(node.id, other.id, probability));
  },
  'partition-symmetric': (context) => cut(context, 'partition-symmetric', cutBothWays(context.random.pick(['isolate', 'split']), idsOf(context), context.random)),
  'partition-bridge': (context) => cut(context, 'partition-bridge', cutBothWays('bridge', idsOf(context), context.random)),
  'partition-one-way': (context) => cut(context, 'partition-one-way', cutOneWay(context.random.pick(PARTITION_SHAPES), idsOf(context), context.random)),
  'isolate-leaders': (context) => isolateLeaders(context, 3),
};

function cut(context: FaultContext, kind: 'partition-symmetric' | 'partition-bridge' | 'partition-one-way', { what, links }: Cut): void {
  if (links.length === 0) return;
  context.happened(kind);
  onLinks(context, what, (network) => {
    for (const { from, to } of links) network.block(from, to);
  });
}

/** The leader is cut off, then at the moment it comes back its successor, and so on: what it wrote alone meets a new election. */
function isolateLeaders(context: FaultContext, times: number): void {
  const { nodes, network, random } = context;
  const leader = nodes.filter(({ isLeader }) => isLeader).sort((a, b) => b.epoch - a.epoch)[0];
  if (leader === undefined) return;
  context.happened('isolate-leaders');
  context.note(`FAULT leader n${leader.id} is isolated`);
  for (const { id } of nodes) {
    if (id === leader.id) continue;
    network.block(leader.id, id);
    network.block(id, leader.id);
  }
  context.later(random.between(700, 1600), () => {
    network.heal();
    if (times > 1) isolateLeaders(context, times - 1);
  });
}

function onLinks(context: FaultContext, what: string, begin: (network: Network) => void): void {
  context.during(what, () => begin(context.network), () => context.network.heal());
}

function idsOf({ nodes }: FaultContext): number[] {
  return nodes.map(({ id }) => id);
}
