import { describeSource } from './config-problem.js';
import type { EffectiveSetting } from './load-config.js';

/**
 * The lines of `quorate config print`: each key with its value in force and where that came from, as a properties file
 * would say it. Keys that are not set and have no default stand as comments.
 */
export function printConfig(settings: readonly EffectiveSetting[]): string[] {
  return [...settings].sort((a, b) => (a.key < b.key ? -1 : 1)).map(printSetting);
}

function printSetting({ key, value, source, class: keyClass }: EffectiveSetting): string {
  if (value === undefined) return `# ${key} is not set`;
  const note = keyClass === 'without-effect' ? `${describeSource(source)}, without effect` : describeSource(source);
  return `${key}=${value}  # ${note}`;
}
