import type { DamageKind } from '../disk.js';
import type { SimNode } from '../node.js';
import type { FaultActions, FaultContext } from './fault-context.js';

/** Disks that are slow, full, failing, damaged, replaced, or not what they were. */
export const DISK_FAULTS: FaultActions = {
  'slow-disk': ({ happened, during, random, plan }, node) => {
    happened('slow-disk');
    during(`disk of n${node.id} is slow`, () => (node.disk.health.syncMs = random.pick([10, 100, 400])), () => (node.disk.health.syncMs = plan.syncMs));
  },
  'fsync-error': ({ happened }, node) => {
    happened('fsync-error');
    node.trace('next sync fails');
    node.disk.health.failNextSync = true;
  },
  'read-error': ({ happened }, node) => {
    happened('read-error');
    node.trace('next read fails');
    node.disk.health.failNextRead = true;
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

/** First somebody keeps a copy of the disk; later, if the atlas grants it, it is put back. */
function oldImage({ happened, atlas, nodes, trace }: FaultContext, node: SimNode): void {
  if (!node.isUp || node.disk.isForeign || node.disk.isDamaged || node.isWiped) return;
  if (!node.disk.hasImage) return node.crashAndKeepImage();
  const others = nodes.filter((other) => other !== node).map((other) => other.atlasView());
  if (!atlas.grantForgetting(node.atlasView(), others)) return trace.tally('old disk images not granted');
  happened('old-disk-image');
  node.restoreImage();
}
