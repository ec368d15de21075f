import { errorAt, type ConfigError, type ConfigWarning, type Source } from './config-problem.js';
import { settingsFromEnvironment, type Environment } from './environment.js';
import { KAFKA_KEYS_WITHOUT_EFFECT, isKafkaKeyWithoutEffect, isSecurityKey, isZooKeeperKey } from './kafka-keys.js';
import type { Program } from './key-definition.js';
import { ALIASES, KEY_DEFINITIONS, isKnownKey, type KnownKey } from './key-definitions.js';
import { nearestName } from './nearest-name.js';
import { parseProperties } from './properties.js';

/** One value that somebody set, as text. */
export interface Setting {
  /** The key as written, which may be an alias. */
  readonly key: string;
  readonly value: string;
  readonly source: Source;
}

/** Where a configuration comes from. Nothing is read here: the caller hands in text and environment. */
export interface ConfigSources {
  /** The properties file, if there is one; the name stands in messages. */
  readonly file?: { readonly name: string; readonly text: string } | undefined;
  readonly environment?: Environment | undefined;
  /** From the command line, in order. */
  readonly flags?: readonly { readonly key: string; readonly value: string }[] | undefined;
}

/** All that was set, sorted by what it means here. */
export interface CollectedSettings {
  /** The winning setting of each key that has an effect. */
  readonly byKey: ReadonlyMap<KnownKey, Setting>;
  /** Accepted, without effect in this program. */
  readonly withoutEffect: readonly Setting[];
  readonly errors: readonly ConfigError[];
  readonly warnings: readonly ConfigWarning[];
}

/** A file that is not a configuration at all has thousands of unknown keys, and comparing each with every name takes seconds. */
const MOST_SUGGESTIONS = 50;

/** Collects what flags, environment and file say: a flag wins over the environment, that over the file. */
export function collectSettings(program: Program, sources: ConfigSources): CollectedSettings {
  const errors: ConfigError[] = [];
  const warnings: ConfigWarning[] = [];
  const byKey = new Map<KnownKey, Setting>();
  const withoutEffect = new Map<string, Setting>();
  // Lowest precedence first: what comes later takes the key over.
  const all = [...fromFile(sources, errors, warnings), ...fromEnvironment(sources), ...fromFlags(sources)];
  for (const setting of all) {
    const key = resolveAlias(setting, all, warnings);
    if (key === undefined) continue;
    if (isKnownKey(key) && actsOn(program, key)) byKey.set(key, { ...setting, value: setting.value.trim() });
    else if (isKnownKey(key) || isKafkaKeyWithoutEffect(key)) withoutEffect.set(key, setting);
    else if (setting.source.kind === 'environment') warnings.push(unknownVariable(setting, setting.source.variable));
    else errors.push(unknownKey(setting, errors.length < MOST_SUGGESTIONS));
  }
  warnings.push(...withoutEffectWarnings(program, [...withoutEffect.values()]));
  return { byKey, withoutEffect: [...withoutEffect.values()], errors, warnings };
}

function fromFile(sources: ConfigSources, errors: ConfigError[], warnings: ConfigWarning[]): Setting[] {
  if (sources.file === undefined) return [];
  const { name, text } = sources.file;
  const parsed = parseProperties(text);
  for (const { line, problem } of parsed.problems) {
    errors.push({ key: `line ${line}`, value: undefined, source: { kind: 'file', file: name, line }, problem, accepted: 'key=value' });
  }
  if (parsed.strippedCommentLines.length > 0) {
    const lines = parsed.strippedCommentLines;
    const where = `${name} ${lines.length === 1 ? 'line' : 'lines'} ${lines.join(', ')}`;
    warnings.push({ key: undefined, message: `${where}: " # …" behind the value was taken for a comment; Kafka would make it part of the value` });
  }
  const lineOf = new Map<string, number>();
  for (const { key, line } of parsed.entries) {
    const before = lineOf.get(key);
    if (before !== undefined) warnings.push({ key, message: `${key} is set on lines ${before} and ${line} of ${name}; line ${line} counts` });
    lineOf.set(key, line);
  }
  return parsed.entries.map(({ key, value, line }) => ({ key, value, source: { kind: 'file', file: name, line } }));
}

function fromEnvironment(sources: ConfigSources): Setting[] {
  return settingsFromEnvironment(sources.environment ?? {}).map(({ key, value, variable }) => ({
    key,
    value,
    source: { kind: 'environment', variable },
  }));
}

function fromFlags(sources: ConfigSources): Setting[] {
  return (sources.flags ?? []).map(({ key, value }) => ({ key, value, source: { kind: 'flag' } }));
}

/** The key that counts; undefined when the alias is set beside the key itself, which wins wherever it stands. */
function resolveAlias(setting: Setting, all: readonly Setting[], warnings: ConfigWarning[]): string | undefined {
  // Own ones only: a key called "constructor" is no alias.
  const alias = Object.hasOwn(ALIASES, setting.key) ? ALIASES[setting.key] : undefined;
  if (alias === undefined) return setting.key;
  if (all.some((other) => other.key === alias.key)) {
    warnings.push({ key: setting.key, message: `${setting.key} is passed over, since ${alias.key} is set too` });
    return undefined;
  }
  if (alias.isMistake) warnings.push({ key: setting.key, message: `${setting.key} is read as ${alias.key}, which is its name` });
  return alias.key;
}

function actsOn(program: Program, key: KnownKey): boolean {
  const programs: readonly Program[] = KEY_DEFINITIONS[key].programs;
  return programs.includes(program);
}

function unknownKey(setting: Setting, suggest: boolean): ConfigError {
  if (isZooKeeperKey(setting.key)) {
    return errorAt(setting, 'there is no ZooKeeper here: the controllers keep the metadata', 'a file without this line');
  }
  const near = suggest ? nearestKey(setting.key) : undefined;
  return errorAt(setting, 'no such key', near === undefined ? 'a key that `quorate config print` lists' : `${near}, if that was meant`);
}

// An orchestrator puts variables of its own into the environment (Kubernetes: QUORATE_…_SERVICE_HOST for a service of that
// name), so a stray one must not keep the process from starting.
function unknownVariable(setting: Setting, variable: string): ConfigWarning {
  const near = nearestKey(setting.key);
  return { key: setting.key, message: `${variable} sets no key: there is no ${setting.key}${near === undefined ? '' : `; ${near} is near`}` };
}

function nearestKey(key: string): string | undefined {
  return nearestName(key, [...Object.keys(KEY_DEFINITIONS), ...Object.keys(ALIASES), ...KAFKA_KEYS_WITHOUT_EFFECT]);
}

function withoutEffectWarnings(program: Program, settings: readonly Setting[]): ConfigWarning[] {
  const [security, plain] = [settings.filter(({ key }) => isSecurityKey(key)), settings.filter(({ key }) => !isSecurityKey(key))];
  const warnings: ConfigWarning[] = [];
  if (plain.length > 0) {
    warnings.push({ key: undefined, message: `without effect in this ${program}: ${plain.map(({ key }) => key).join(', ')}` });
  }
  if (security.length > 0) {
    const keys = security.map(({ key }) => key).join(', ');
    warnings.push({ key: undefined, message: `nothing is authenticated, authorized or encrypted yet; these have no effect: ${keys}` });
  }
  return warnings;
}
