import type { LogFields, Logger, LogLevel } from './logger.js';

/** One line as a test sees it. */
export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** A log that keeps its lines, for tests. */
export function createMemoryLogger(): Logger & { readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = [];
  return Object.assign(loggerInto(lines, {}), { lines });
}

function loggerInto(lines: LogLine[], common: LogFields): Logger {
  const at = (level: LogLevel) => (fields: LogFields, message: string) => void lines.push({ level, message, fields: { ...common, ...fields } });
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    log: (level, fields, message) => at(level)(fields, message),
    with: (fields) => loggerInto(lines, { ...common, ...fields }),
    isOn: () => true,
  };
}
