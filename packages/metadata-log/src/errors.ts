/** What was written and read back before is not there any more: damage in a log that is in use. The process must stop. */
export class LogDamageError extends Error {
  override readonly name = 'LogDamageError';
  readonly path: string;
  /** Byte position in the file. */
  readonly position: number;

  constructor(path: string, position: number, problem: string) {
    super(`${path} is damaged at byte ${position}: ${problem}. Stop this node, keep its directory for inspection, and check the disk.`);
    this.path = path;
    this.position = position;
  }
}
