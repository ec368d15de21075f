import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';

/** Info: transitions. Debug: messages. Warn: healed itself, look later. Error: someone must act. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';
/** Values of one line, under the keys of `log-keys.ts` where one fits. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where lines go. Fields first, so that a line is found by them; the message says what happened. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  log(level: LogLevel, fields: LogFields, message: string): void;
  /** A logger whose every line has these fields too. */
  with(fields: LogFields): Logger;
  /** Whether lines of that level are written, for what costs something to say. */
  isOn(level: LogLevel): boolean;
}

/**
 * One JSON line an event on standard output, with the app's name and the node's id in each.
 *
 * @param options.destination - where the lines go; standard output when absent. Lines are written at once, so that the last
 *   words of a process that dies are not lost.
 */
export function createLogger(options: { readonly app: string; readonly nodeId: number | undefined; readonly level: LogLevel; readonly destination?: DestinationStream | undefined }): Logger {
  const settings = {
    level: options.level,
    base: { app: options.app, ...(options.nodeId === undefined ? {} : { node: options.nodeId }) },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: errorChain, error: errorChain },
  };
  return wrap(pino(settings, options.destination ?? pino.destination({ dest: 1, sync: true })));
}

function wrap(target: PinoLogger): Logger {
  return {
    debug: (fields, message) => target.debug(fields, message),
    info: (fields, message) => target.info(fields, message),
    warn: (fields, message) => target.warn(fields, message),
    error: (fields, message) => target.error(fields, message),
    log: (level, fields, message) => target[level](fields, message),
    with: (fields) => wrap(target.child({ ...fields })),
    isOn: (level) => target.isLevelEnabled(level),
  };
}

/** Message and stack of an error and of what caused it. */
function errorChain(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return { message: error.message, stack: error.stack, ...(error.cause === undefined ? {} : { cause: errorChain(error.cause) }) };
}
