import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../golden/', import.meta.url));

/** What a golden file's `.json` says beside the bytes. */
export interface Golden<T> {
  readonly name: string;
  readonly described: T;
  readonly bytes: Uint8Array;
}

/** Names of all golden files, without their endings. */
export function goldenNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.bin'))
    .map((file) => file.slice(0, -'.bin'.length))
    .sort();
}

export function readGolden<T>(name: string): Golden<T> {
  const described = fromJson(JSON.parse(readFileSync(`${FOLDER}${name}.json`, 'utf8'))) as T;
  return { name, described, bytes: Uint8Array.from(readFileSync(`${FOLDER}${name}.bin`)) };
}

/** Adds a golden file. One that is there is never written again: its bytes stand in somebody's log. */
export function addGolden(name: string, described: unknown, bytes: Uint8Array): void {
  if (existsSync(`${FOLDER}${name}.bin`)) return;
  writeFileSync(`${FOLDER}${name}.bin`, bytes);
  writeFileSync(`${FOLDER}${name}.json`, `${JSON.stringify(toJson(described), null, 2)}\n`);
}

/** Bytes as `{ "hex": "…" }`; undefined as null, since "not there" is what many of these files are about. */
function toJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return { hex: Buffer.from(value).toString('hex') };
  if (value === undefined) return null;
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, toJson(field)]));
}

function fromJson(value: unknown): unknown {
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.map(fromJson);
  if (typeof value !== 'object') return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first?.[0] === 'hex') return Uint8Array.from(Buffer.from(String(first[1]), 'hex'));
  return Object.fromEntries(entries.map(([key, field]) => [key, fromJson(field)]));
}
