import type { DamageKind } from '../disk.js';
import type { SimNode } from '../node.js';
import type { FaultActions, FaultContext } from './fault-context.js';

/** Disks that are slow, full, failing, damaged, replaced, or not what they were. */
export const DISK_FAULTS: FaultActions = {
  'slow-disk': ({ happened, during, random, plan }, node) => {
    happened('slow-disk');
    during(`disk of n${node.id} is slow`, () => (node.disk.health.syncMs = random.pick([10, 100, 400, 2000])), () => (node.disk.health.syncMs = plan.syncMs));
  },
  'fsync-error': ({ happened }, node) => {
    happened('fsync-error');
    node.trace('next sync fails');
    node.disk.health.failNextSync = true;
  },
  'read-error': ({ happened, random }, node) => {
    happened('read-error');
    node.trace('next read fails');
    node.disk.health.failNextRead = true;
    // What runs reads little; what starts reads everything.
    if (node.isUp && random.chance(0.5)) node.kill();
  },
  'disk-full': ({ happened, during }, node) => {
    happened('disk-full');
    during(`disk of n${node.id} is full`, () => (node.disk.health.full = true), () => (node.disk.health.full = false));
  },
  'bit-rot': (context, node) => damage(context, node, 'bit-rot'),
  'lost-write': (context, node) => damage(context, node, 'lost-write'),
  'misdirected-write': (context, node) => damage(context, node, 'misdirected-write'),
  'wiped-disk': ({ happened, atlas }, node) => {
    if (node.isWiped || node.disk.isForeign || !atlas.grantLoss(node.id)) return;
    happened('wiped-disk');
    node.wipe();
  },
  'old-disk-image': (context, node) => oldImage(context, node),
  'foreign-disk': ({ happened, during, random, nodes }, node) => {
    const others = nodes.filter((other) => other !== node && !other.disk.isForeign && !other.disk.isDamaged);
    if (others.length === 0 || node.disk.isForeign || node.isLost) return;
    const other = random.pick(others);
    happened('foreign-disk');
    during(`n${node.id} has a copy of the disk of n${other.id}`, () => node.mountCopyOf(other), () => node.mountOwn());
  },
};

/** After a graceful stop on a sound disk the flushed marker covers the whole log: whatever changes then must be noticed. */
function damage({ happened, atlas }: FaultContext, node: SimNode, kind: DamageKind): void {
  if (!node.isUp || node.disk.isForeign || !atlas.grantLoss(node.id)) return;
  const failuresBefore = node.disk.injectedFailures;
  node.stop(() => {
    if (node.disk.injectedFailures !== failuresBefore) return;
    const where = node.disk.damage(kind);
    if (where === undefined) return;
    happened(kind);
    node.trace(`DAMAGE ${kind} in ${where}`);
  });
}

/** Somebody keeps a copy of the disk; later, as soon as the atlas grants it, it is put back. */
function oldImage(context: FaultContext, node: SimNode): void {
  if (!node.isUp || node.disk.isForeign || node.disk.isDamaged || node.disk.hasImage) return;
  node.crashAndKeepImage();
  context.later(context.random.between(100, 2000), () => putBack(context, node, 40));
}

function putBack(context: FaultContext, node: SimNode, triesLeft: number): void {
  const { happened, atlas, nodes, later, trace } = context;
  if (triesLeft === 0) return trace.tally('old disk images not granted');
  const others = nodes.filter((other) => other !== node).map((other) => other.atlasView());
  const isFit = node.isUp && node.disk.hasImage && !node.disk.isForeign && !node.disk.isDamaged;
  if (!isFit || !atlas.grantForgetting(node.atlasView(), others)) return later(100, () => putBack(context, node, triesLeft - 1));
  happened('old-disk-image');
  node.restoreImage();
}
