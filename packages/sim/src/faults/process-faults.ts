import type { SimNode } from '../node.js';
import type { FaultActions, FaultContext } from './fault-context.js';

/** Machines and processes that stop, stand still or sleep; leaders that are told to hand over; clocks that jump; brokers and caches. */
export const PROCESS_FAULTS: FaultActions = {
  crash: (context, node) => {
    if (!node.isUp) return;
    context.happened('crash');
    if (context.random.chance(0.7)) node.crash();
    else node.kill();
  },
  'crash-all': (context) => {
    if (!context.random.chance(0.3)) return;
    context.happened('crash-all');
    for (const node of context.nodes) if (node.isUp) node.crash();
  },
  'graceful-stop': (context, node) => {
    if (!node.isUp) return;
    context.happened('graceful-stop');
    node.stop();
  },
  transfer: (context) => {
    const leader = context.nodes.find(({ isLeader }) => isLeader);
    if (leader === undefined) return;
    context.happened('transfer');
    // To whom it may be refused as well: a node that is down or behind.
    leader.transferLeadership(context.random.chance(0.3) ? undefined : context.random.pick(context.nodes).id);
  },
  'rolling-restart': (context) => {
    context.happened('rolling-restart');
    context.note('FAULT every node is restarted with other settings, one after the other');
    restartInTurn(context, [...context.nodes]);
  },
  pause: (context, node) => standStill(context, node, 'pause'),
  suspend: (context, node) => standStill(context, node, 'suspend'),
  'wall-clock-jump': (context, node) => {
    context.happened('wall-clock-jump');
    node.trace('wall clock jumps');
    node.jumpWallClock(context.random.between(-5000, 5000));
  },
  'silent-broker': (context) => {
    const broker = context.random.pick(context.brokers);
    context.happened('silent-broker');
    context.during(`broker ${broker.id} is silent`, () => (broker.isSilent = true), () => (broker.isSilent = false));
  },
  'cache-restart': (context) => {
    if (context.caches.length === 0) return;
    context.happened('cache-restart');
    context.random.pick(context.caches).restart();
  },
};

function standStill(context: FaultContext, node: SimNode, kind: 'pause' | 'suspend'): void {
  const { process } = node;
  if (process === undefined || process.isPaused) return;
  context.happened(kind);
  const begin = (): void => (kind === 'pause' ? process.pause() : process.suspend());
  context.during(`n${node.id} ${kind === 'pause' ? 'is paused' : 'is suspended'}`, begin, () => {
    if (process.isAlive && process.isPaused) process.resume();
  });
}

/** As an operator rolls new settings out: the next one when the last one is back. */
function restartInTurn(context: FaultContext, left: SimNode[]): void {
  const node = left.shift();
  if (node === undefined) return;
  node.changeSettings();
  node.stop(() => {
    node.start();
    context.later(300, () => restartInTurn(context, left));
  });
}
