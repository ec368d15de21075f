import { createLogger, type Logger, type LogLevel } from '@quorate/telemetry';
import { EXIT_CODE, ProcessRefusal, type ExitReason } from './exit-codes.js';

/** A role that was started, as its process sees it. */
export interface RunningRole {
  /** Finishes what was accepted, hands over, closes. Bounded in time by the role itself. */
  stop(): Promise<void>;
}

/** What a role is given to start with. */
export interface ProcessContext {
  readonly logger: Logger;
  /** Ends the process at once with that reason: nothing more is answered. */
  readonly fail: (reason: ExitReason, message: string, cause?: unknown) => never;
}

export interface ProcessOptions {
  readonly app: string;
  readonly nodeId: number | undefined;
  readonly logLevel: LogLevel;
  readonly warnings: readonly string[];
  readonly start: (context: ProcessContext) => Promise<RunningRole>;
}

/**
 * The life of one process: starts the role; stops it on SIGTERM, SIGINT, or when the launcher that holds its IPC channel
 * is gone; ends with a code that means something.
 */
export async function runProcess(options: ProcessOptions): Promise<void> {
  const logger = createLogger({ app: options.app, nodeId: options.nodeId, level: options.logLevel });
  const fail = (reason: ExitReason, message: string, cause?: unknown): never => {
    logger.error({ reason, ...(cause === undefined ? {} : { err: cause }) }, message);
    return process.exit(EXIT_CODE[reason]);
  };
  process.on('uncaughtException', (error) => fail('bug', 'an error that nobody expected', error));
  process.on('unhandledRejection', (error) => fail('bug', 'a rejection that nobody expected', error));
  for (const warning of options.warnings) logger.warn({}, warning);

  let role: RunningRole | undefined;
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'stopping');
    const finish = async (): Promise<void> => {
      await role?.stop();
      logger.info({}, 'stopped');
      process.exit(EXIT_CODE.stopped);
    };
    finish().catch((error: unknown) => fail('bug', 'stopping failed', error));
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  // A launcher that dies, however it dies, closes the channel; it may have died while this file was being loaded.
  process.on('disconnect', () => stop('launcher gone'));
  if (process.connected === false) stop('launcher gone');

  try {
    const started = await options.start({ logger, fail });
    role = started;
    // Asked to stop while it started.
    if (stopping) await started.stop();
  } catch (error) {
    if (error instanceof ProcessRefusal) fail(error.reason, error.message, error.cause);
    fail('bug', 'the start failed', error);
  }
}

/** Runs `main`, and turns a refusal that came before there was a logger into one line and its exit code. */
export async function mainOrRefuse(app: string, main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof ProcessRefusal)) throw error;
    console.error(`${app}: ${error.message}`);
    process.exit(EXIT_CODE[error.reason]);
  }
}
