import type { MetadataRecord } from '@quorate/records';
import type { RowDigest } from '../columns/row-digest.js';

/** A user's credential for one mechanism: 1 SCRAM-SHA-256, 2 SCRAM-SHA-512. Salt and keys are secrets: never print them. */
export interface ScramRow {
  readonly user: string;
  readonly mechanism: number;
  readonly salt: Uint8Array;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
  readonly iterations: number;
}

/** Key of a credential in its table. */
export function scramKey(user: string, mechanism: number): string {
  return `${mechanism}:${user}`;
}

export function digestScram(digest: RowDigest, key: string, row: ScramRow): void {
  digest.text(key).bytes(row.salt).bytes(row.storedKey).bytes(row.serverKey).number(row.iterations);
}

export function* scramRecords(rows: Iterable<ScramRow>): Generator<MetadataRecord> {
  for (const { user, ...row } of rows) yield { kind: 'UserScramCredential', version: 0, value: { name: user, ...row } };
}
