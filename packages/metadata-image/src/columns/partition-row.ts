import type { IntList } from './int-list.js';
import type { NodeSlots } from './node-slots.js';
import { NO_LEADER, type PartitionDraft } from './partition-draft.js';

/**
 * Words of a row: 36 bytes. Replicas are broker slots and directories directory slots, 16 bits each; `META` holds the ISR
 * as a mask over the replicas, the leader as an index into them (255: none), their number, and the flags.
 */
export const PARTITION_WORDS = 9;
export const TOPIC = 0;
export const PARTITION = 1;
export const LEADER_EPOCH = 2;
export const PARTITION_EPOCH = 3;
const REPLICAS = 4;
const DIRECTORIES = 6;
export const META = 8;
/** Rows with more replicas, or with anything out of the ordinary, keep their lists in a block. */
const INLINE_REPLICAS = 4;
const LARGEST_SLOT = 0xffff;
const LEADER_SHIFT = 8;
const COUNT_SHIFT = 16;
const NO_INDEX = 255;
export const LIVE = 1 << 24;
export const RECOVERING = 1 << 25;
export const IN_BLOCK = 1 << 26;
/** Of a row in a block: where the block stands, and how many words it has. */
export const BLOCK = 4;
export const BLOCK_WORDS = 5;
/** In a block: the leader, the length of each list, then the lists. */
const LIST_COUNT = 7;

/** Writes lists and leader into the row; false when they do not fit, and the row is undefined. */
export function storeInline(words: Int32Array, at: number, draft: PartitionDraft, nodes: NodeSlots): boolean {
  if (!isOrdinary(draft)) return false;
  const { replicas, directories, isr } = draft;
  let isrMask = 0;
  words[at + REPLICAS] = words[at + REPLICAS + 1] = words[at + DIRECTORIES] = words[at + DIRECTORIES + 1] = 0;
  for (let i = 0; i < replicas.length; i++) {
    const slot = nodes.slotOf(replicas.values[i]!);
    const directory = directories.values[i]!;
    if (slot > LARGEST_SLOT || directory > LARGEST_SLOT) return false;
    words[at + REPLICAS + (i >> 1)]! |= slot << ((i & 1) * 16);
    words[at + DIRECTORIES + (i >> 1)]! |= directory << ((i & 1) * 16);
    if (isr.has(replicas.values[i]!)) isrMask |= 1 << i;
  }
  const leader = draft.leader === NO_LEADER ? NO_INDEX : replicas.indexOf(draft.leader);
  words[at + META] = isrMask | (leader << LEADER_SHIFT) | (replicas.length << COUNT_SHIFT) | LIVE | recoveringFlag(draft);
  return true;
}

export function loadInline(words: Int32Array, at: number, into: PartitionDraft, nodes: NodeSlots): void {
  const meta = words[at + META]!;
  const count = (meta >>> COUNT_SHIFT) & 0xff;
  for (let i = 0; i < count; i++) {
    const id = nodes.id((words[at + REPLICAS + (i >> 1)]! >>> ((i & 1) * 16)) & 0xffff);
    into.replicas.push(id);
    into.directories.push((words[at + DIRECTORIES + (i >> 1)]! >>> ((i & 1) * 16)) & 0xffff);
    if (((meta >>> i) & 1) !== 0) into.isr.push(id);
  }
  const leader = (meta >>> LEADER_SHIFT) & 0xff;
  into.leader = leader === NO_INDEX ? NO_LEADER : into.replicas.values[leader]!;
}

/** How many words a block for these lists has. */
export function blockSize(draft: PartitionDraft): number {
  return listsOf(draft).reduce((size, list) => size + list.length, 1 + LIST_COUNT);
}

export function storeBlock(block: Int32Array, at: number, draft: PartitionDraft): void {
  const lists = listsOf(draft);
  let to = at;
  block[to++] = draft.leader;
  for (const list of lists) block[to++] = list.length;
  for (const list of lists) for (let i = 0; i < list.length; i++) block[to++] = list.values[i]!;
}

export function loadBlock(block: Int32Array, at: number, into: PartitionDraft): void {
  into.leader = block[at]!;
  let length = at + 1;
  let from = length + LIST_COUNT;
  for (const list of listsOf(into)) {
    for (let left = block[length++]!; left > 0; left--) list.push(block[from++]!);
  }
}

export function recoveringFlag(draft: PartitionDraft): number {
  return draft.leaderRecoveryState === 1 ? RECOVERING : 0;
}

/** The order in which a block holds them. */
function listsOf(draft: PartitionDraft): readonly IntList[] {
  return [
    draft.replicas,
    draft.isr,
    draft.removingReplicas,
    draft.addingReplicas,
    draft.directories,
    draft.eligibleLeaderReplicas,
    draft.lastKnownElr,
  ];
}

/** Few replicas, no reassignment, no ELR; and the ISR and the leader are replicas, so that a mask and an index can say them. */
function isOrdinary(draft: PartitionDraft): boolean {
  const { replicas } = draft;
  if (replicas.length > INLINE_REPLICAS) return false;
  if (draft.removingReplicas.length + draft.addingReplicas.length > 0) return false;
  if (draft.eligibleLeaderReplicas.length + draft.lastKnownElr.length > 0) return false;
  if (draft.leader !== NO_LEADER && !replicas.has(draft.leader)) return false;
  return hasNoTwice(replicas) && isSubset(draft.isr, replicas);
}

function hasNoTwice(list: IntList): boolean {
  for (let i = 1; i < list.length; i++) if (list.indexOf(list.values[i]!) < i) return false;
  return true;
}

function isSubset(part: IntList, whole: IntList): boolean {
  for (let i = 0; i < part.length; i++) if (!whole.has(part.values[i]!)) return false;
  return true;
}
