import { genesisChecksum } from '@quorate/records';
import { hex32 } from './bytes.js';
import { laterMarker, type FlushedMarker } from './flushed-marker.js';
import type { FoundSegment } from './found-segments.js';
import type { FoundSnapshots } from './found-snapshots.js';
import { walkOver, type LogWalk } from './log-walk.js';
import { LOG_DIRECTORY, segmentPath } from './paths.js';
import { refusal, WAY_OUT_OF_DAMAGE, type Refusal } from './refusal.js';
import { BLOCK_BYTES } from './segment-header.js';
import type { FoundSnapshot } from './snapshot-scan.js';

/** What becomes of the files that a start finds. */
export type RecoveryChoice =
  /**
   * The log is what these segments hold, as far as they were walked over. Files before them are not needed any more; one of
   * them may be damaged.
   */
  | { readonly kind: 'continue'; readonly walk: LogWalk; readonly marker: FlushedMarker; readonly before: readonly FoundSegment[]; readonly damagedBefore: string | undefined }
  /** The log ends before the newest snapshot or contradicts it: an install was interrupted, and is finished now. */
  | { readonly kind: 'anew'; readonly at: FoundSnapshot; readonly marker: FlushedMarker }
  | Damage;

/** Something that was durable is not there. */
export interface Damage {
  readonly kind: 'damaged';
  readonly problem: Refusal;
  /** What can still be used: up to where it was walked over. Undefined: nothing but the newest snapshot, if there is one. */
  readonly sound: { readonly walk: LogWalk; readonly before: readonly FoundSegment[] } | undefined;
  readonly marker: FlushedMarker | undefined;
}

/** A marker that vouches for nothing, where none can be read. */
const NO_MARKER: FlushedMarker = { sequence: 0, endOffset: 0 as FlushedMarker['endOffset'], checksum: 0, generation: 0, sealed: false };

/**
 * Decides between the log, the newest snapshot and damage. Reads everything, changes nothing.
 *
 * A log is in order when it begins at 0 or joins the newest whole snapshot (a batch ends where that ends, with the checksum
 * that it names), and is whole up to the flushed marker. It may then begin at any segment that reaches that snapshot: what
 * lies before is what a cleaning or an install was about to remove, and damage there no longer matters.
 */
export function chooseLog(found: readonly FoundSegment[], snapshots: FoundSnapshots, clusterId: string): RecoveryChoice {
  const marker = found.flatMap((segment) => segment.markers).reduce(laterMarker, undefined as FlushedMarker | undefined);
  const { newest } = snapshots;
  const places = new Set([newest, ...snapshots.older].flatMap((snapshot) => (snapshot === undefined ? [] : [snapshot.id.endOffset])));
  let firstWalk: LogWalk | undefined;
  let sound: Damage['sound'];
  for (const [i, segment] of found.entries()) {
    if (!mayBegin(segment, newest, clusterId)) continue;
    const walk = walkOver(found.slice(i), marker ?? NO_MARKER, places);
    firstWalk ??= walk;
    if (newest !== undefined && walk.edges.get(newest.id.endOffset) !== newest.chainChecksum) continue;
    const before = found.slice(0, i);
    if (marker !== undefined && markerProblem(walk, found, marker) === undefined) return { kind: 'continue', walk, marker, before, damagedBefore: damagedAmong(before, firstWalk) };
    sound ??= { walk, before };
  }
  const problem = found.length > 0 && marker === undefined ? noMarker() : firstWalk === undefined ? noBeginning(found, newest) : markerProblem(firstWalk, found, marker ?? NO_MARKER);
  if (newest !== undefined && marker !== undefined && (marker.endOffset <= newest.id.endOffset || problem === undefined)) {
    return { kind: 'anew', at: newest, marker };
  }
  // A chain that is sound in itself and not the one that was flushed: nobody knows where it left the right way.
  const isAnother = marker !== undefined && sound !== undefined && sound.walk.cursor.offset >= marker.endOffset && sound.walk.edges.get(marker.endOffset) !== marker.checksum;
  return { kind: 'damaged', problem: problem ?? noMarker(), sound: isAnother ? undefined : sound, marker };
}

/** Whether a log could begin with this segment. */
function mayBegin({ header, baseOffset }: FoundSegment, newest: FoundSnapshot | undefined, clusterId: string): boolean {
  if (header.kind !== 'header') return false;
  if (baseOffset === 0) return header.header.baseChecksum === genesisChecksum(clusterId);
  return newest !== undefined && baseOffset <= newest.id.endOffset;
}

/** The file among those before the log's beginning that cannot be read, rather than just not joining. */
function damagedAmong(before: readonly FoundSegment[], firstWalk: LogWalk): string | undefined {
  const stop = firstWalk.stop;
  return before.find(({ path, header }) => header.kind === 'damaged' || (path === stop?.path && stop.position > 0))?.path;
}

function noMarker(): Refusal {
  return refusal('damaged', `No flushed marker in ${LOG_DIRECTORY} is whole. ${WAY_OUT_OF_DAMAGE}`);
}

function noBeginning(found: readonly FoundSegment[], newest: FoundSnapshot | undefined): Refusal {
  const first = found[0];
  if (first === undefined) return refusal('damaged', `${LOG_DIRECTORY} has no segment. ${WAY_OUT_OF_DAMAGE}`);
  if (first.baseOffset > 0 && newest === undefined) {
    return refusal('damaged', `The log begins at offset ${first.baseOffset}, and no snapshot at or after it is whole. ${WAY_OUT_OF_DAMAGE}`, { path: first.path, offset: first.baseOffset });
  }
  const problem = first.header.kind === 'header' ? `begins at offset ${first.baseOffset} and does not continue what is known of the log` : `has a header that is ${first.header.kind}`;
  return refusal('damaged', `${first.path} ${problem}. ${WAY_OUT_OF_DAMAGE}`, { path: first.path, position: 0, offset: first.baseOffset });
}

/** A segment whose predecessor is sealed was synced with its first marker; without any, it was cut off or blanked. */
function isUnvouched(segment: FoundSegment, before: FoundSegment | undefined, marker: FlushedMarker): boolean {
  if (segment.markers.length > 0 || segment.damagedSlots.length > 0) return false;
  return before?.markers.some((seal) => seal.sealed && seal.generation === marker.generation && seal.endOffset === segment.baseOffset) ?? false;
}

/** Whether what was durable once is all there. */
function markerProblem(walk: LogWalk, found: readonly FoundSegment[], marker: FlushedMarker): Refusal | undefined {
  const { cursor, stop } = walk;
  const where = { offset: cursor.offset, ...(stop === undefined ? {} : { path: stop.path, position: stop.position }) };
  const at = stop === undefined ? `the log ends at offset ${cursor.offset}` : `${stop.path} at byte ${stop.position} (offset ${cursor.offset}): ${stop.problem}`;
  if (cursor.offset < marker.endOffset) {
    return refusal('damaged', `Damage in what was flushed: ${at}; everything below offset ${marker.endOffset} was durable. ${WAY_OUT_OF_DAMAGE}`, where);
  }
  const checksum = walk.edges.get(marker.endOffset);
  // A marker may lie before the segment that the log begins with now: a snapshot has taken the place of what it vouched for.
  const isBefore = marker.endOffset < walk.segments[0]!.baseOffset;
  if (checksum !== marker.checksum && !isBefore) {
    return refusal('damaged', `The log was flushed up to offset ${marker.endOffset} with chain checksum ${hex32(marker.checksum)}, but has ${checksum === undefined ? 'no batch that ends there' : hex32(checksum)}. ${WAY_OUT_OF_DAMAGE}`, where);
  }
  if (marker.sealed && !isBefore && !walk.segments.some((segment) => segment.baseOffset === marker.endOffset)) {
    return refusal('damaged', `${segmentPath(marker.endOffset)} was made and is not there any more, or cannot be read. ${WAY_OUT_OF_DAMAGE}`, { path: segmentPath(marker.endOffset), offset: marker.endOffset });
  }
  const unvouched = found.find((segment, i) => isUnvouched(segment, found[i - 1], marker));
  if (unvouched !== undefined) {
    return refusal('damaged', `${unvouched.path} was durable together with a flushed marker, and has none any more: nobody can say how much of it was flushed. ${WAY_OUT_OF_DAMAGE}`, { path: unvouched.path, position: BLOCK_BYTES, offset: unvouched.baseOffset });
  }
  const rotten = found.find((segment) => segment.damagedSlots.length > 0);
  if (rotten !== undefined && stop !== undefined) {
    return refusal('damaged', `A flushed marker of ${rotten.path} is damaged, so that nobody can say whether this was durable: ${at}. ${WAY_OUT_OF_DAMAGE}`, where);
  }
  return undefined;
}
