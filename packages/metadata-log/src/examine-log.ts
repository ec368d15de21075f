import { genesisChecksum, type EncodedBatch, type Epoch, type Offset } from '@quorate/records';
import { hex32 } from './bytes.js';
import type { FileSystem } from './file-system.js';
import { decodeMarker, laterMarker, slotPosition, type FlushedMarker } from './flushed-marker.js';
import type { MetaProperties } from './meta-properties.js';
import { LOG_DIRECTORY, parseSegmentName, segmentPath } from './paths.js';
import { salvageSegment } from './salvage-segment.js';
import { BATCHES_POSITION, BLOCK_BYTES, decodeSegmentHeader, type HeaderRead } from './segment-header.js';

/** Something that is not as it should be, and where. */
export interface LogFinding {
  /** `damage`: what was durable once is gone or not what it was. `note`: worth knowing, and mended by the next start. */
  readonly severity: 'damage' | 'note';
  /** Relative to the data directory. */
  readonly path: string;
  /** Byte position in the file. */
  readonly position?: number;
  /** Of the first record concerned. */
  readonly offset?: number;
  readonly problem: string;
}

/** A batch and where it lies. */
export interface PlacedBatch {
  readonly batch: EncodedBatch;
  readonly path: string;
  readonly position: number;
}

/** What a walk over all segments tells, damage passed over. */
export interface ExaminedLog {
  readonly segmentCount: number;
  readonly sizeBytes: number;
  readonly startOffset: number;
  /** Of the chain that holds from the start: what recovery would take. */
  readonly endOffset: number;
  readonly endChecksum: number;
  readonly lastEpoch: number;
  readonly batchCount: number;
  /** The flushed marker in force. */
  readonly marker: FlushedMarker | undefined;
  readonly findings: readonly LogFinding[];
}

export interface ExamineOptions {
  /** Whose log it should be; undefined judges nothing by that. */
  readonly identity: MetaProperties | undefined;
  /** Base offset of the segment that the log begins with; files before it are shown and not judged. Left out: the first. */
  readonly beginsAt?: number | undefined;
  /** Sees every batch that can be read, also behind damage; a view that the next one may overwrite. */
  readonly onBatch: (placed: PlacedBatch) => void;
  /** Sees every place that cannot, in file order with the batches. */
  readonly onFinding?: (finding: LogFinding) => void;
}

/** Reads all segments and changes nothing. Goes on behind damage, and says where it is. */
export function examineLog(fs: FileSystem, { identity, beginsAt = 0, onBatch, onFinding }: ExamineOptions): ExaminedLog {
  const bases = fs.list(LOG_DIRECTORY).map(parseSegmentName).filter((base) => base !== undefined).sort((a, b) => a - b);
  const heads = bases.map((base) => readHead(fs, base));
  const marker = heads.flatMap(({ markers }) => markers).reduce(laterMarker, undefined as FlushedMarker | undefined);
  const walk = new Walk(marker, onFinding ?? (() => undefined));
  if (bases.length === 0) walk.find({ severity: 'damage', path: LOG_DIRECTORY, problem: 'there is no segment, but formatting makes one' });
  else if (marker === undefined) walk.find({ severity: 'damage', path: LOG_DIRECTORY, problem: 'no flushed marker is whole: nobody can say what was durable' });
  const first = heads.find(({ base }) => base >= beginsAt);
  for (const head of heads) {
    const isJudged = first !== undefined && head.base >= first.base;
    if (head === first) walk.begin(head, identity);
    if (isJudged) walk.checkHead(head, identity);
    const handle = fs.open(head.path, { create: false });
    try {
      walk.sizeBytes += handle.sizeSync();
      salvageSegment(handle, (piece) => {
        if (piece.kind === 'unreadable') return isJudged ? walk.unreadable(head.path, piece) : undefined;
        if (isJudged) walk.batch(head.path, piece);
        onBatch({ batch: piece.batch, path: head.path, position: piece.position });
      });
    } finally {
      handle.close();
    }
  }
  walk.checkEnd(heads.length > 0, bases);
  return { ...walk.result(), segmentCount: bases.length, startOffset: first?.base ?? 0, marker };
}

interface Head {
  readonly path: string;
  readonly base: Offset;
  readonly header: HeaderRead;
  readonly markers: readonly FlushedMarker[];
  readonly damagedSlots: readonly number[];
}

function readHead(fs: FileSystem, base: Offset): Head {
  const path = segmentPath(base);
  const handle = fs.open(path, { create: false });
  const block = new Uint8Array(BATCHES_POSITION);
  const bytes = block.subarray(0, handle.readSync(block, 0));
  handle.close();
  const slots = [0, 1].map((slot) => decodeMarker(bytes.subarray(slotPosition(slot), slotPosition(slot) + BLOCK_BYTES), base));
  return {
    path,
    base,
    header: decodeSegmentHeader(bytes.subarray(0, BLOCK_BYTES)),
    markers: slots.flatMap((slot) => (slot.kind === 'marker' ? [slot.marker] : [])),
    damagedSlots: slots.flatMap((slot, index) => (slot.kind === 'damaged' ? [index] : [])),
  };
}

/** Follows the chain as far as it holds, and remembers where it first breaks. */
class Walk {
  sizeBytes = 0;
  private readonly marker: FlushedMarker | undefined;
  private readonly tell: (finding: LogFinding) => void;
  private readonly findings: LogFinding[] = [];
  private cursor = { offset: 0, checksum: 0, epoch: 0 as Epoch };
  private batchCount = 0;
  private broken = false;
  private checksumAtMarker: number | undefined;

  constructor(marker: FlushedMarker | undefined, tell: (finding: LogFinding) => void) {
    this.marker = marker;
    this.tell = tell;
  }

  find(finding: LogFinding): void {
    this.findings.push(finding);
    this.tell(finding);
  }

  begin({ base, header }: Head, identity: MetaProperties | undefined): void {
    const genesis = identity === undefined ? undefined : genesisChecksum(identity.clusterId);
    this.cursor = { offset: base, checksum: header.kind === 'header' ? header.header.baseChecksum : (genesis ?? 0), epoch: 0 as Epoch };
    this.noteMarker();
    if (base === 0 && header.kind === 'header' && genesis !== undefined && header.header.baseChecksum !== genesis) {
      this.find({ severity: 'damage', path: segmentPath(base), position: 0, problem: `does not chain to the genesis of cluster ${identity!.clusterId}` });
    }
  }

  checkHead({ path, base, header, damagedSlots }: Head, identity: MetaProperties | undefined): void {
    const problem = headProblem(header, base, identity);
    // A file behind the end of what was flushed may be half-made.
    if (problem !== undefined) this.find({ severity: this.marker !== undefined && base >= this.marker.endOffset && base > 0 ? 'note' : 'damage', path, position: 0, offset: base, problem });
    for (const slot of damagedSlots) this.find({ severity: 'note', path, position: slotPosition(slot), problem: `marker slot ${slot} is damaged` });
    if (this.broken) return;
    if (base !== this.cursor.offset) this.breakAt(path, 0, `the segment begins at offset ${base}, the one before it ends at ${this.cursor.offset}`);
    else if (header.kind === 'header' && header.header.baseChecksum !== this.cursor.checksum) {
      this.breakAt(path, 0, `the segment follows a batch with checksum ${hex32(header.header.baseChecksum)}, the one before it has ${hex32(this.cursor.checksum)}`);
    }
  }

  unreadable(path: string, { position, endPosition, problem }: { readonly position: number; readonly endPosition: number; readonly problem: string }): void {
    this.breakAt(path, position, `${endPosition - position} bytes cannot be read: ${problem}`);
  }

  batch(path: string, { batch, position }: { readonly batch: EncodedBatch; readonly position: number }): void {
    if (this.broken) return;
    const { offset, checksum, epoch } = this.cursor;
    if (batch.baseOffset !== offset) return this.breakAt(path, position, `the batch begins at offset ${batch.baseOffset}, expected ${offset}`);
    if (batch.previousChecksum !== checksum) return this.breakAt(path, position, `the batch at offset ${offset} follows one with checksum ${hex32(batch.previousChecksum)}, the one before it has ${hex32(checksum)}`);
    if (batch.epoch < epoch) return this.breakAt(path, position, `epoch ${batch.epoch} at offset ${offset} after epoch ${epoch}`);
    this.cursor = { offset: batch.endOffset, checksum: batch.checksum, epoch: batch.epoch };
    this.batchCount += 1;
    this.noteMarker();
  }

  checkEnd(hasSegments: boolean, bases: readonly number[]): void {
    const { marker, cursor } = this;
    if (!hasSegments || marker === undefined) return;
    if (cursor.offset < marker.endOffset) {
      if (!this.broken) this.find({ severity: 'damage', path: LOG_DIRECTORY, offset: cursor.offset, problem: `the log ends at offset ${cursor.offset}; everything below ${marker.endOffset} was durable` });
    } else if (this.checksumAtMarker !== marker.checksum) {
      const has = this.checksumAtMarker === undefined ? 'no batch ends there' : `the batch that ends there has ${hex32(this.checksumAtMarker)}`;
      this.find({ severity: 'damage', path: LOG_DIRECTORY, offset: marker.endOffset, problem: `was flushed up to offset ${marker.endOffset} with chain checksum ${hex32(marker.checksum)}, but ${has}` });
    }
    if (marker.sealed && !bases.includes(marker.endOffset)) this.find({ severity: 'damage', path: segmentPath(marker.endOffset), offset: marker.endOffset, problem: 'was made and is not there any more' });
  }

  result(): Omit<ExaminedLog, 'segmentCount' | 'startOffset' | 'marker'> {
    return { sizeBytes: this.sizeBytes, endOffset: this.cursor.offset, endChecksum: this.cursor.checksum, lastEpoch: this.cursor.epoch, batchCount: this.batchCount, findings: this.findings };
  }

  /** Before the marker it is damage; beyond, an unfinished write that the next start cuts off. */
  private breakAt(path: string, position: number, problem: string): void {
    const { offset } = this.cursor;
    const wasDurable = this.marker === undefined || offset < this.marker.endOffset;
    if (wasDurable) this.find({ severity: 'damage', path, position, offset, problem });
    else this.find({ severity: 'note', path, position, offset, problem: `${problem}; it lies beyond what was flushed (offset ${this.marker.endOffset}): an unfinished write, which the next start cuts off` });
    this.broken = true;
  }

  private noteMarker(): void {
    if (this.cursor.offset === this.marker?.endOffset) this.checksumAtMarker = this.cursor.checksum;
  }
}

function headProblem(header: HeaderRead, base: Offset, identity: MetaProperties | undefined): string | undefined {
  if (header.kind === 'unknown-version') return `format version ${header.version} is not known to this software`;
  if (header.kind !== 'header') return `the header is ${header.kind}`;
  const { clusterId, directoryId, baseOffset } = header.header;
  if (baseOffset !== base) return `says that it begins at offset ${baseOffset}: it was renamed`;
  if (identity !== undefined && clusterId !== identity.clusterId) return `belongs to cluster ${clusterId}, meta.properties says ${identity.clusterId}`;
  if (identity !== undefined && directoryId !== identity.directoryId) return `was written in directory ${directoryId}, meta.properties says ${identity.directoryId}`;
  return undefined;
}
