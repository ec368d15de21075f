/** Environment variables as a process has them; handed in, since this package touches no process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One key that the environment sets. */
export interface EnvironmentSetting {
  readonly key: string;
  readonly value: string;
  readonly variable: string;
}

const PREFIX = 'QUORATE_';

/** Variables of ours that are no keys: read by the launcher, by tests and by tools. */
const NOT_KEYS = new Set(['QUORATE_HOME', 'QUORATE_UPDATE_GOLDEN']);

/** Variables with a short name of their own, and the key that each sets. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  QUORATE_NATS_URL: 'nats.servers',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'otel.exporter.otlp.endpoint',
};

/**
 * The keys that the environment sets: `QUORATE_` and the key in capitals with `.` → `_`, `_` → `__`, `-` → `___`; and the
 * short names `QUORATE_NATS_URL` (nats.servers) and `OTEL_EXPORTER_OTLP_ENDPOINT`. The long name wins over the short one.
 */
export function settingsFromEnvironment(environment: Environment): readonly EnvironmentSetting[] {
  const settings: EnvironmentSetting[] = [];
  for (const [variable, key] of Object.entries(SHORT_NAMES)) {
    const value = environment[variable];
    if (value !== undefined) settings.push({ key, value, variable });
  }
  for (const [variable, value] of Object.entries(environment)) {
    if (value === undefined || !variable.startsWith(PREFIX)) continue;
    if (NOT_KEYS.has(variable) || variable in SHORT_NAMES) continue;
    settings.push({ key: keyOfVariable(variable), value, variable });
  }
  return settings;
}

/** The variable that sets a key: `process.roles` → `QUORATE_PROCESS_ROLES`. */
export function variableOfKey(key: string): string {
  const encoded = key.replace(/[._-]/g, (character) => (character === '.' ? '_' : character === '_' ? '__' : '___'));
  return PREFIX + encoded.toUpperCase();
}

function keyOfVariable(variable: string): string {
  return variable
    .slice(PREFIX.length)
    .toLowerCase()
    .replace(/___|__|_/g, (run) => (run === '___' ? '-' : run === '__' ? '_' : '.'));
}
