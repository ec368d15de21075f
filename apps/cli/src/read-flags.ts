import { parseArgs, type ParseArgsConfig } from 'node:util';
import { CommandError } from './command.js';

type Options = NonNullable<ParseArgsConfig['options']>;
type ValuesOf<O extends Options> = ReturnType<typeof parseArgs<{ args: string[]; options: O; allowPositionals: false; strict: true }>>['values'];

/** Reads a verb's flags; an unknown or incomplete one is answered with the usage. */
export function readFlags<const O extends Options>(args: readonly string[], usage: string, options: O): ValuesOf<O> {
  try {
    return parseArgs<{ args: string[]; options: O; allowPositionals: false; strict: true }>({ args: [...args], options, allowPositionals: false, strict: true }).values;
  } catch (error) {
    throw new CommandError(`${error instanceof Error ? error.message : String(error)}\nUsage: ${usage}`, { cause: error });
  }
}

/** The value of a flag that must be there. */
export function requiredFlag(value: string | undefined, flag: string, usage: string): string {
  if (value === undefined || value === '') throw new CommandError(`${flag} is missing\nUsage: ${usage}`);
  return value;
}

/** A node id that must be given. */
export function nodeIdFlag(value: string | undefined, flag: string, usage: string): number {
  const text = requiredFlag(value, flag, usage);
  if (!/^\d{1,9}$/.test(text)) throw new CommandError(`${flag} ${text}: a node id is a number of 0 or more\nUsage: ${usage}`);
  return Number(text);
}
