/** Bytes as lines of 32 in hexadecimal; lines that begin with # say where they come from. */
export function toHexFile(bytes: Uint8Array, comments: readonly string[]): string {
  const hex = Buffer.from(bytes).toString('hex');
  return [...comments.map((comment) => `# ${comment.replaceAll('\n', ' ')}`), ...(hex.match(/.{1,64}/g) ?? []), ''].join('\n');
}

/** @throws RangeError for what is no such file. */
export function fromHexFile(text: string): Uint8Array {
  const hex = text.split('\n').filter((line) => !line.startsWith('#')).join('').replace(/\s/g, '');
  if (!/^([0-9a-f]{2})*$/i.test(hex)) throw new RangeError('not a file of hexadecimal bytes');
  return new Uint8Array(Buffer.from(hex, 'hex'));
}
