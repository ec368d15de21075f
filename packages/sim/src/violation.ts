/** An invariant did not hold. `kind` decides the exit code. */
export class Violation extends Error {
  readonly kind: 'safety' | 'liveness';
  /** File name of the check. */
  readonly check: string;

  constructor(kind: 'safety' | 'liveness', check: string, message: string) {
    super(`${check}: ${message}`);
    this.name = 'Violation';
    this.kind = kind;
    this.check = check;
  }
}

export function violated(check: string, message: string): never {
  throw new Violation('safety', check, message);
}
