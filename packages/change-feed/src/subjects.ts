/**
 * Subject names of the feed, in one place. A cluster id is any string for Kafka; in a subject each character outside
 * `[A-Za-z0-9-]` becomes `=` and its UTF-8 bytes in hex, so that ids with `.`, `*`, `>`, spaces or a leading `_` are
 * safe and two different ids never share a subject.
 */
export function encodeClusterToken(clusterId: string): string {
  if (clusterId === '') return '=';
  return [...clusterId].map(encodeCharacter).join('');
}

function encodeCharacter(character: string): string {
  if (/^[A-Za-z0-9-]$/.test(character)) return character;
  return [...new TextEncoder().encode(character)].map((byte) => `=${byte.toString(16).padStart(2, '0')}`).join('');
}

/** Committed batches as raw bytes. The recovery id parts a cluster whose lost majority was overridden from its former self. */
export function logSubject(cluster: { readonly clusterId: string; readonly recoveryId: string | undefined }): string {
  const token = encodeClusterToken(cluster.clusterId);
  return `quorate.${cluster.recoveryId === undefined ? token : `${token}~${encodeClusterToken(cluster.recoveryId)}`}.metadata.log`;
}
