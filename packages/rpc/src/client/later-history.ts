import { uuidToBytes, type Uuid } from '@quorate/records';

/**
 * Whether a recovery id stands for a later history of the cluster than ours. The first history has zeros; each override of
 * a lost majority makes a UUIDv7, which begins with its time. So of two nodes that disagree, the one that an operator left
 * behind knows that it is the one.
 */
export function isLaterHistory(theirs: Uuid, ours: Uuid): boolean {
  const [a, b] = [uuidToBytes(theirs), uuidToBytes(ours)];
  const at = a.findIndex((byte, index) => byte !== b[index]);
  return at >= 0 && a[at]! > b[at]!;
}

/** What a node of an older history is told, data directory and all. */
export function wayIntoHistory(recoveryId: Uuid): string {
  return (
    `the voters of this cluster were overridden after the loss of a majority (recovery id ${recoveryId}), and this node is of the history before. ` +
    `To let it rejoin empty: \`quorate log discard -c FILE --recovery-id ${recoveryId}\`, then start it again`
  );
}
