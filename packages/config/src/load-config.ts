import { errorAt, missing, type ConfigError, type ConfigWarning, type Source } from './config-problem.js';
import type { Program } from './key-definition.js';
import { KEY_DEFINITIONS, isKnownKey, type KnownKey } from './key-definitions.js';
import { readKeyValues } from './key-values.js';
import type { Blame } from './listener-rules.js';
import type { ClientConfig, ServerConfig } from './quorate-config.js';
import { resolveClient } from './resolve-client.js';
import type { DerivedValues, ResolveContext } from './resolve-common.js';
import { resolveServer } from './resolve-server.js';
import { maskValue } from './secrets.js';
import { collectSettings, type ConfigSources, type Setting } from './settings.js';

/** One key with the value in force and where that came from. */
export interface EffectiveSetting {
  readonly key: string;
  /** Text, secrets masked; undefined when the key is not set and has no default. */
  readonly value: string | undefined;
  readonly source: Source;
  /** `without-effect`: one of Kafka's keys, or one of another program's, on which nothing here acts. */
  readonly class: 'kafka' | 'ours' | 'without-effect';
}

/** What a configuration came to. Warnings and effective settings are there either way. */
export type LoadedConfig<C> = {
  readonly warnings: readonly ConfigWarning[];
  readonly settings: readonly EffectiveSetting[];
} & ({ readonly kind: 'ok'; readonly config: C } | { readonly kind: 'refused'; readonly errors: readonly ConfigError[] });

/**
 * Reads the configuration of a controller or broker. All that is wrong is reported at once, each with the key, the value,
 * where it stands and what would be accepted.
 */
export function loadServerConfig(sources: ConfigSources): LoadedConfig<ServerConfig> {
  return load('server', sources, resolveServer);
}

/** Reads the configuration of the gateway or the exporter. */
export function loadClientConfig(program: 'gateway' | 'exporter', sources: ConfigSources): LoadedConfig<ClientConfig> {
  return load(program, sources, (values, context) => resolveClient(program, values, context));
}

function load<C>(
  program: Program,
  sources: ConfigSources,
  resolve: (values: ReturnType<typeof readKeyValues>['values'], context: ResolveContext) => C,
): LoadedConfig<C> {
  const collected = collectSettings(program, sources);
  const read = readKeyValues(collected.byKey);
  const ruleErrors: ConfigError[] = [];
  const derived: DerivedValues = new Map();
  const config = resolve(read.values, { blame: blameOn(collected.byKey), errors: ruleErrors, derived });
  // A key whose text was refused looks absent to the rules: what they say of it would only mislead.
  const refusedKeys = new Set(read.errors.map((error) => error.key));
  const errors = [...collected.errors, ...read.errors, ...ruleErrors.filter((error) => !refusedKeys.has(error.key))];
  const { warnings } = collected;
  const settings = effectiveSettings(program, collected.byKey, collected.withoutEffect, derived);
  return errors.length === 0 ? { kind: 'ok', config, warnings, settings } : { kind: 'refused', errors, warnings, settings };
}

function blameOn(byKey: ReadonlyMap<KnownKey, Setting>): Blame {
  return (key, problem, accepted) => {
    const setting = isKnownKey(key) ? byKey.get(key) : undefined;
    return setting === undefined ? missing(key, problem, accepted) : errorAt(setting, problem, accepted);
  };
}

function effectiveSettings(
  program: Program,
  byKey: ReadonlyMap<KnownKey, Setting>,
  withoutEffect: readonly Setting[],
  derived: DerivedValues,
): EffectiveSetting[] {
  const settings: EffectiveSetting[] = [];
  for (const key of Object.keys(KEY_DEFINITIONS) as KnownKey[]) {
    const definition = KEY_DEFINITIONS[key];
    const programs: readonly Program[] = definition.programs;
    if (!programs.includes(program)) continue;
    const given = byKey.get(key) ?? derived.get(key) ?? { value: definition.default, source: { kind: 'default' } as const };
    const value = given.value === undefined ? undefined : maskValue(key, given.value);
    settings.push({ key, value, source: given.source, class: definition.origin });
  }
  for (const { key, value, source } of withoutEffect) settings.push({ key, value: maskValue(key, value), source, class: 'without-effect' });
  return settings;
}
