import type { MetadataRecord } from '@quorate/records';
import type { RowDigest } from '../columns/row-digest.js';

/** A delegation token, without its HMAC, which every node derives. Times are milliseconds since 1970. */
export interface TokenRow {
  readonly tokenId: string;
  readonly owner: string;
  readonly requester: string;
  readonly renewers: readonly string[];
  readonly issueTimestamp: number;
  readonly maxTimestamp: number;
  readonly expirationTimestamp: number;
}

export function digestToken(digest: RowDigest, tokenId: string, row: TokenRow): void {
  digest.text(tokenId).text(row.owner).text(row.requester).word(row.renewers.length);
  for (const renewer of row.renewers) digest.text(renewer);
  digest.number(row.issueTimestamp).number(row.maxTimestamp).number(row.expirationTimestamp);
}

export function* tokenRecords(rows: Iterable<TokenRow>): Generator<MetadataRecord> {
  for (const row of rows) yield { kind: 'DelegationToken', version: 0, value: { ...row, renewers: [...row.renewers] } };
}
