/** How a verb ends: what it prints, and the exit code (0 success, 1 anything else). */
export interface CommandResult {
  readonly lines: readonly string[];
  readonly exitCode: 0 | 1;
}

/** What a verb may touch of the process; handed in, so that a test is a function call. */
export interface CommandWorld {
  readonly environment: NodeJS.ProcessEnv;
  readonly randomBytes: (size: number) => Uint8Array;
  /** One line on standard output, for verbs whose output is too much to be gathered first. */
  readonly print: (line: string) => void;
}

/** One verb of `quorate`. */
export interface CliCommand {
  /** As typed: `storage format`. */
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  run(args: readonly string[], world: CommandWorld): Promise<CommandResult>;
}

/** An expected error: one line on standard error, no stack, exit code 1. */
export class CommandError extends Error {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'CommandError';
  }
}

export const succeed = (lines: readonly string[]): CommandResult => ({ lines, exitCode: 0 });
