import type { CrashChoice } from './crash-choice.js';
import { MemoryFile } from './memory-file.js';

/** A file or a directory below. */
export type MemoryNode = MemoryFile | MemoryDirectory;

type EntryChange =
  | { readonly kind: 'link'; readonly name: string; readonly node: MemoryNode }
  | { readonly kind: 'unlink'; readonly name: string }
  /** Atomic: both names change, or neither does. */
  | { readonly kind: 'rename'; readonly from: string; readonly to: string; readonly node: MemoryNode };

/** How a crash goes: what it has left already, and what it leaves whole of a write, in bytes. */
export interface CrashOptions {
  readonly done: Map<MemoryNode, MemoryNode>;
  readonly tearBytes: number;
}

/** Names and what they stand for: as readers see them, as they are on the disk for sure, and the changes in between. */
export class MemoryDirectory {
  readonly entries: Map<string, MemoryNode>;
  private readonly durable: Map<string, MemoryNode>;
  private pending: EntryChange[] = [];
  /** Changes settled so far: a mark counts from the beginning. */
  private settledCount = 0;

  constructor(entries: ReadonlyMap<string, MemoryNode> = new Map()) {
    this.entries = new Map(entries);
    this.durable = new Map(entries);
  }

  link(name: string, node: MemoryNode): void {
    this.change({ kind: 'link', name, node });
  }

  unlink(name: string): void {
    this.change({ kind: 'unlink', name });
  }

  rename(from: string, to: string): void {
    this.change({ kind: 'rename', from, to, node: this.entries.get(from)! });
  }

  /** Names everything changed so far, for `settle`. */
  mark(): number {
    return this.settledCount + this.pending.length;
  }

  /** A sync that was begun at `mark` succeeded. */
  settle(mark: number): void {
    for (; this.settledCount < mark; this.settledCount++) apply(this.pending.shift()!, this.durable);
  }

  /** One of the states that a crash now may leave: any of the changes since the last sync may be missing. */
  crash(choice: CrashChoice, how: CrashOptions): MemoryDirectory {
    const entries = new Map(this.durable);
    for (const change of this.pending) if (choice.pick(2) === 0) apply(change, entries);
    const left = new Map<string, MemoryNode>();
    for (const [name, node] of entries) left.set(name, crashed(node, choice, how));
    return new MemoryDirectory(left);
  }

  /** What readers see, all of it durable. */
  copy(): MemoryDirectory {
    return new MemoryDirectory(new Map([...this.entries].map(([name, node]) => [name, node instanceof MemoryFile ? new MemoryFile(node.content()) : node.copy()])));
  }

  private change(change: EntryChange): void {
    apply(change, this.entries);
    this.pending.push(change);
  }
}

function apply(change: EntryChange, entries: Map<string, MemoryNode>): void {
  switch (change.kind) {
    case 'link':
      entries.set(change.name, change.node);
      break;
    case 'unlink':
      entries.delete(change.name);
      break;
    case 'rename':
      entries.delete(change.from);
      entries.set(change.to, change.node);
      break;
  }
}

/** A file with two names is one file after the crash, too. */
function crashed(node: MemoryNode, choice: CrashChoice, how: CrashOptions): MemoryNode {
  const { done, tearBytes } = how;
  const known = done.get(node);
  if (known !== undefined) return known;
  const left = node instanceof MemoryFile ? node.crash(choice, tearBytes) : node.crash(choice, how);
  done.set(node, left);
  return left;
}
