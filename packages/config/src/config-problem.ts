import { maskValue } from './secrets.js';

/** Where a value came from. */
export type Source =
  | { readonly kind: 'flag' }
  | { readonly kind: 'environment'; readonly variable: string }
  | { readonly kind: 'file'; readonly file: string; readonly line: number }
  | { readonly kind: 'default' }
  /** Ours to work out from another key; `from` says how. */
  | { readonly kind: 'derived'; readonly from: string };

/** One reason why a configuration is refused. */
export interface ConfigError {
  readonly key: string;
  /** Text as given, secrets masked; undefined when the key is missing. */
  readonly value: string | undefined;
  readonly source: Source | undefined;
  /** What is wrong with it. */
  readonly problem: string;
  /** What would be accepted; for a missing key, the line to add. */
  readonly accepted: string;
}

/** Something accepted that whoever wrote it should look at. */
export interface ConfigWarning {
  /** Absent for a warning about many keys. */
  readonly key: string | undefined;
  readonly message: string;
}

/** One line for people: the key, the value, where it stands, what is wrong, and what would be accepted. */
export function describeConfigError(error: ConfigError): string {
  const setting = error.value === undefined ? error.key : `${error.key}=${error.value}`;
  const where = error.source === undefined ? '' : ` (${describeSource(error.source)})`;
  return `${setting}${where}: ${error.problem}. Accepted: ${error.accepted}.`;
}

/** A few words: `server.properties line 3`, `flag`, `QUORATE_NODE_ID`, `default`. */
export function describeSource(source: Source): string {
  switch (source.kind) {
    case 'flag':
      return 'flag';
    case 'environment':
      return source.variable;
    case 'file':
      return `${source.file} line ${source.line}`;
    case 'default':
      return 'default';
    case 'derived':
      return `from ${source.from}`;
  }
}

/** An error about a value that was given. */
export function errorAt(setting: { key: string; value: string; source: Source }, problem: string, accepted: string): ConfigError {
  return { key: setting.key, value: maskValue(setting.key, setting.value), source: setting.source, problem, accepted };
}

/** An error about a key that must be there and is not. */
export function missing(key: string, problem: string, accepted: string): ConfigError {
  return { key, value: undefined, source: undefined, problem, accepted };
}
