import { bytesEqual, concatBytes } from '@quorate/records';
import type { CrashChoice, Random } from './crash-choice.js';

/** Sectors are what a disk writes whole; a crash between them may tear what was written together. */
export const SECTOR_BYTES = 512;

export type { Random } from './crash-choice.js';

interface SectorVersion {
  readonly version: number;
  readonly bytes: Uint8Array;
}

/** Everything written up to a moment, as a sync that begins then covers it. */
export interface SyncMark {
  readonly version: number;
  readonly sizeBytes: number;
}

interface SizeVersion {
  readonly version: number;
  readonly sizeBytes: number;
}

/**
 * One file: what readers see, what is on the disk for sure, and every version of each sector and of the size written
 * since, any of which a crash may find there.
 */
export class MemoryFile {
  private current: Growable;
  private durable: Growable;
  private readonly pendingSectors = new Map<number, SectorVersion[]>();
  private pendingSizes: SizeVersion[] = [];
  private version = 0;

  constructor(content: Uint8Array = new Uint8Array(0)) {
    this.current = new Growable(content);
    this.durable = new Growable(content);
  }

  get sizeBytes(): number {
    return this.current.size;
  }

  /** A copy of what readers see. */
  content(): Uint8Array {
    return Uint8Array.from(this.current.view(0, this.current.size));
  }

  read(into: Uint8Array, position: number): number {
    const view = this.current.view(position, position + into.length);
    into.set(view);
    return view.length;
  }

  write(bytes: Uint8Array, position: number): void {
    const grows = position + bytes.length > this.current.size;
    this.current.write(bytes, position);
    this.changed(position, position + bytes.length, grows);
  }

  truncate(sizeBytes: number): void {
    const old = this.current.size;
    if (sizeBytes === old) return;
    this.current.resize(sizeBytes);
    // What lies behind the cut reads as zeros should the file grow again; until a sync the old bytes may come back.
    this.changed(Math.min(old, sizeBytes), Math.max(old, sizeBytes), true);
  }

  /** Names everything written so far, for `settle` and `lose`. */
  mark(): SyncMark {
    return { version: this.version, sizeBytes: this.current.size };
  }

  /** A sync that was begun at `mark` succeeded. */
  settle({ version: mark, sizeBytes }: SyncMark): void {
    for (const [sector, versions] of this.pendingSectors) {
      const last = versions.findLast(({ version }) => version <= mark);
      if (last === undefined) continue;
      this.durable.writeBeyond(last.bytes, sector * SECTOR_BYTES);
      this.keepAfter(sector, versions, mark);
    }
    this.durable.resize(sizeBytes);
    this.pendingSizes = this.pendingSizes.filter(({ version }) => version > mark);
  }

  /**
   * A sync that was begun at `mark` failed: any part of it may be on the disk, and the system has forgotten that the rest
   * is not. No later sync helps; readers still see what was written.
   */
  lose({ version: mark }: SyncMark, random: Random): void {
    for (const [sector, versions] of this.pendingSectors) {
      const candidates = versions.filter(({ version }) => version <= mark);
      const chosen = pick(candidates, random);
      if (chosen !== undefined) this.durable.writeBeyond(chosen.bytes, sector * SECTOR_BYTES);
      this.keepAfter(sector, versions, mark);
    }
    const size = pick(this.pendingSizes.filter(({ version }) => version <= mark), random);
    if (size !== undefined) this.durable.resize(size.sizeBytes);
    this.pendingSizes = this.pendingSizes.filter(({ version }) => version > mark);
  }

  /**
   * One of the states that a crash now may leave: each unit old or as it was at any moment since, the size anywhere in
   * between.
   *
   * @param tearBytes - size of a unit: what the disk writes whole.
   */
  crash(choice: CrashChoice, tearBytes = SECTOR_BYTES): MemoryFile {
    const left = this.durable.clone();
    for (const unit of this.unitsOf(tearBytes)) {
      const all = [...new Set(unit.flatMap(([, versions]) => versions.map(({ version }) => version)))].sort((a, b) => a - b);
      const moments = choice.onlyDistinct ? this.distinctMoments(unit, all) : all;
      const moment = moments[choice.pick(moments.length + 1)];
      if (moment === undefined) continue;
      for (const [sector, versions] of unit) {
        const chosen = versions.findLast(({ version }) => version <= moment);
        if (chosen !== undefined) left.writeBeyond(chosen.bytes, sector * SECTOR_BYTES);
      }
    }
    left.resize(choice.size(this.durable.size, this.pendingSizes.map(({ sizeBytes }) => sizeBytes)));
    return new MemoryFile(left.view(0, left.size));
  }

  /** Moments at which a unit looked otherwise than what is durable, and than at an earlier moment. */
  private distinctMoments(unit: readonly (readonly [number, readonly SectorVersion[]])[], moments: readonly number[]): number[] {
    const looks = (moment: number) =>
      concatBytes(
        unit.map(([sector, versions]) => {
          const durable = new Uint8Array(SECTOR_BYTES);
          durable.set(this.durable.stored(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES));
          return versions.findLast(({ version }) => version <= moment)?.bytes ?? durable;
        }),
      );
    const seen = [looks(-1)];
    return moments.filter((moment) => {
      const look = looks(moment);
      if (seen.some((other) => bytesEqual(other, look))) return false;
      seen.push(look);
      return true;
    });
  }

  /** Whether a crash now could change anything. */
  get isDurable(): boolean {
    return this.pendingSectors.size === 0 && this.pendingSizes.length === 0;
  }

  /** Rot: changes bytes on the disk and for readers alike. */
  corrupt(position: number, change: (byte: number) => number): void {
    this.current.change(position, change);
    this.durable.change(position, change);
    for (const { bytes } of this.pendingSectors.get(Math.floor(position / SECTOR_BYTES)) ?? []) {
      bytes[position % SECTOR_BYTES] = change(bytes[position % SECTOR_BYTES]!);
    }
  }

  /** The sectors with pending versions, those of one unit together. */
  private unitsOf(tearBytes: number): Iterable<readonly (readonly [number, readonly SectorVersion[]])[]> {
    const units = new Map<number, (readonly [number, readonly SectorVersion[]])[]>();
    for (const entry of this.pendingSectors) {
      const unit = Math.floor((entry[0] * SECTOR_BYTES) / tearBytes);
      const known = units.get(unit);
      if (known === undefined) units.set(unit, [entry]);
      else known.push(entry);
    }
    return units.values();
  }

  private changed(from: number, to: number, sizeToo: boolean): void {
    const version = ++this.version;
    for (let sector = Math.floor(from / SECTOR_BYTES); sector * SECTOR_BYTES < to; sector++) {
      const bytes = new Uint8Array(SECTOR_BYTES);
      bytes.set(this.current.view(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES));
      const versions = this.pendingSectors.get(sector);
      if (versions === undefined) this.pendingSectors.set(sector, [{ version, bytes }]);
      else versions.push({ version, bytes });
    }
    if (sizeToo) this.pendingSizes.push({ version, sizeBytes: this.current.size });
  }

  private keepAfter(sector: number, versions: SectorVersion[], mark: number): void {
    const later = versions.filter(({ version }) => version > mark);
    if (later.length === 0) this.pendingSectors.delete(sector);
    else this.pendingSectors.set(sector, later);
  }
}

/** None of them (the old content), or one of them. */
function pick<T>(candidates: readonly T[], random: Random): T | undefined {
  return candidates[Math.floor(random() * (candidates.length + 1))];
}

/** Bytes with a size; what lies beyond the size reads as zeros when it grows. */
class Growable {
  size: number;
  private bytes: Uint8Array;

  constructor(content: Uint8Array) {
    this.bytes = Uint8Array.from(content);
    this.size = content.length;
  }

  clone(): Growable {
    const copy = new Growable(new Uint8Array(0));
    copy.bytes = Uint8Array.from(this.bytes);
    copy.size = this.size;
    return copy;
  }

  view(from: number, to: number): Uint8Array {
    return this.bytes.subarray(Math.min(from, this.size), Math.min(to, this.size));
  }

  /** As `view`, whatever the size. */
  stored(from: number, to: number): Uint8Array {
    return this.bytes.subarray(from, to);
  }

  write(bytes: Uint8Array, position: number): void {
    this.reserve(position + bytes.length);
    this.bytes.set(bytes, position);
    this.size = Math.max(this.size, position + bytes.length);
  }

  /** Stores without changing the size: the disk may hold sectors that the file does not yet reach. */
  writeBeyond(bytes: Uint8Array, position: number): void {
    this.reserve(position + bytes.length);
    this.bytes.set(bytes, position);
  }

  /** Growing shows what was stored beyond; a cut keeps nothing when it is final. */
  resize(size: number): void {
    this.reserve(size);
    if (size < this.size) this.bytes.fill(0, size, this.size);
    this.size = size;
  }

  change(position: number, change: (byte: number) => number): void {
    if (position < this.size) this.bytes[position] = change(this.bytes[position]!);
  }

  private reserve(size: number): void {
    if (size <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(size, this.bytes.length * 2));
    larger.set(this.bytes);
    this.bytes = larger;
  }
}
