import { beginAnew } from './begin-anew.js';
import { joinedNote, readDamageNote, writeDamageNote, type DamageNote } from './damage-note.js';
import type { DeferredDeletion } from './deferred-deletion.js';
import type { FileSystem } from './file-system.js';
import { isDiskError } from './file-system-error.js';
import type { LogIdentity } from './segment-header.js';
import type { CutPlace, LogEnd, SegmentList } from './segment-list.js';
import type { MarkerContent } from './segment.js';
import { cutSegments } from './truncation.js';

/** A change of what the log held already: a cut, or a new beginning. */
export type LogChange =
  | ({ readonly kind: 'cut'; readonly done: () => void; readonly damage: DamageNote | undefined } & CutPlace)
  | { readonly kind: 'anew'; readonly done: () => void; readonly to: LogEnd };

type Done = (error: Error | undefined) => void;

/** Cuts the segments; where that is because of damage, with a note of it on disk before, and what is cut put aside. */
export function carryOutCut(fs: FileSystem, segments: SegmentList, change: Extract<LogChange, { kind: 'cut' }>, marker: MarkerContent, done: Done): void {
  const { segmentIndex: keep, position, to, damage } = change;
  const keepAside = damage === undefined ? undefined : marker.generation;
  const cut = () => cutSegments(fs, { segments: segments.all, keep, endOffset: to.offset, position, marker, keepAside }, done);
  if (damage === undefined) return cut();
  let note: DamageNote;
  try {
    note = joinedNote(readDamageNote(fs, damage.epoch), damage);
  } catch (error) {
    if (!isDiskError(error)) throw error;
    return done(error);
  }
  writeDamageNote(fs, note, (error) => (error === undefined ? cut() : done(error)));
}

/** Puts one new, empty segment in the place of all there are. */
export function carryOutNewStart(
  { fs, deletions, identity }: { readonly fs: FileSystem; readonly deletions: DeferredDeletion; readonly identity: LogIdentity },
  segments: SegmentList,
  { base, generation }: { readonly base: LogEnd; readonly generation: number },
  done: Done,
): void {
  const { all } = segments;
  const remove = (path: string) => {
    const [segment] = all.splice(all.findIndex((old) => old.path === path), 1);
    segment!.handle.close();
    deletions.add(path);
  };
  beginAnew(fs, { identity, base, generation, oldPaths: all.map((segment) => segment.path), remove }, (result) => {
    if (result instanceof Error) return done(result);
    // One that had the same name: the file is gone, the handle is not.
    for (const replaced of all) replaced.handle.close();
    segments.replaceBy(result);
    done(undefined);
  });
}
