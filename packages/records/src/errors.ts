/**
 * A record or batch that this software cannot read or may not write: unknown type or version, a damaged payload, a number
 * beyond 2^53, a field that the version does not have. Fatal on a controller when it stands in the log.
 */
export class RecordFormatError extends Error {
  override readonly name = 'RecordFormatError';
}
