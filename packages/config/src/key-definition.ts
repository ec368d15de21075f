import { ok, refused, type Parsed } from './parsed.js';

/** Programs that read a configuration: a server is controller, broker or both, as `process.roles` says. */
export type Program = 'server' | 'gateway' | 'exporter';

/** One key that has an effect. */
export interface KeyDefinition<T> {
  readonly type: 'int' | 'long' | 'boolean' | 'string' | 'list';
  /** Text of the default as a file would say it; undefined: none, the key is absent or required (see `resolve-*.ts`). */
  readonly default: string | undefined;
  /** What it does, with its unit. */
  readonly doc: string;
  /** `kafka`: Kafka's name and meaning. `ours`: Kafka has no such key. */
  readonly origin: 'kafka' | 'ours';
  /** Programs that act on it; for the others it has no effect, so that processes can share one file. */
  readonly programs: readonly Program[];
  /** Reads the value's text, already trimmed. */
  readonly parse: (text: string) => Parsed<T>;
}

/** The value type of a definition. */
export type ValueOf<D> = D extends KeyDefinition<infer T> ? T : never;

/** Reads an integer within a range, both ends included. Kafka takes no units, so neither do we. */
export function integer(min: number, max: number): (text: string) => Parsed<number> {
  const accepted = max === Number.MAX_SAFE_INTEGER ? `an integer of ${min} or more, without a unit` : `an integer from ${min} to ${max}, without a unit`;
  return (text) => {
    if (!/^[+-]?\d+$/.test(text)) return refused(`"${text}" is no integer`, accepted);
    const value = Number(text);
    if (!Number.isSafeInteger(value)) return refused(`${text} is beyond 2^53`, accepted);
    if (value < min || value > max) return refused(`${text} is out of range`, accepted);
    return ok(value);
  };
}

/** Reads `true` or `false` in any case, as Kafka does. */
export function parseBoolean(text: string): Parsed<boolean> {
  const lower = text.toLowerCase();
  if (lower === 'true' || lower === 'false') return ok(lower === 'true');
  return refused(`"${text}" is neither true nor false`, 'true or false');
}

/** Reads text that may not be empty. */
export function nonEmpty(accepted: string): (text: string) => Parsed<string> {
  return (text) => (text === '' ? refused('the value is empty', accepted) : ok(text));
}

/** Reads one of a few words. */
export function oneOf<const W extends string>(words: readonly W[]): (text: string) => Parsed<W> {
  return (text) => {
    const word = words.find((candidate) => candidate === text.toLowerCase());
    return word === undefined ? refused(`"${text}" is not one of them`, words.join(', ')) : ok(word);
  };
}
