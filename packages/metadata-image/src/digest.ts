/** Which rows are hashed, and how. Raised with every change of either; digests of different versions are not compared. */
export const DIGEST_VERSION = 1;

/** With what each row's hash begins. Added to, never renumbered, within one digest version. */
export const ROW_KIND = {
  feature: 1,
  broker: 2,
  controller: 3,
  topic: 4,
  partition: 5,
  config: 6,
  clientQuota: 7,
  producerIds: 8,
  acl: 9,
  scram: 10,
  delegationToken: 11,
} as const;

/** What a whole image sums up to; equal images have equal digests, whatever way led there. */
export interface ImageDigest {
  readonly version: number;
  /** 8 bytes. */
  readonly value: Uint8Array;
}
