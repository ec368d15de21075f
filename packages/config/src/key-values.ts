import { errorAt, type ConfigError } from './config-problem.js';
import type { KeyDefinition } from './key-definition.js';
import { KEY_DEFINITIONS, type KeyValues, type KnownKey } from './key-definitions.js';
import type { Setting } from './settings.js';

/** Keys for which an empty value says something; for all others it means that the key is not set. */
const EMPTY_SAYS_SOMETHING: ReadonlySet<KnownKey> = new Set(['http.listener', 'otel.exporter.otlp.endpoint'] as const);

/** Reads the text of each key by its definition; a key that is absent or empty has its default, or undefined. */
export function readKeyValues(settings: ReadonlyMap<KnownKey, Setting>): { values: KeyValues; errors: ConfigError[] } {
  const values: Partial<Record<KnownKey, unknown>> = {};
  const errors: ConfigError[] = [];
  for (const key of Object.keys(KEY_DEFINITIONS) as KnownKey[]) {
    const definition: KeyDefinition<unknown> = KEY_DEFINITIONS[key];
    const setting = settings.get(key);
    const given = setting !== undefined && (setting.value !== '' || EMPTY_SAYS_SOMETHING.has(key)) ? setting : undefined;
    const text = given?.value ?? definition.default;
    if (text === undefined) continue;
    const parsed = definition.parse(text);
    if (parsed.kind === 'ok') values[key] = parsed.value;
    else if (given !== undefined) errors.push(errorAt(given, parsed.problem, parsed.accepted));
    else throw new Error(`the default of ${key} is refused: ${parsed.problem}`);
  }
  return { values: values as KeyValues, errors };
}
