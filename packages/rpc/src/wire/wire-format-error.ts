/** A message from outside that cannot be what it claims to be; the path says where, as `BadRequest` wants it. */
export class WireFormatError extends Error {
  readonly field: string;
  readonly problem: string;

  constructor(field: string, problem: string) {
    super(`${field}: ${problem}`);
    this.name = 'WireFormatError';
    this.field = field;
    this.problem = problem;
  }
}
