import type { Logger, LogLevel } from './logger.js';

/** An event that some package describes as data; telemetry knows nothing of what it means. */
export interface DescribedEvent {
  readonly name: string;
  readonly level: LogLevel;
  readonly attributes: Readonly<Record<string, string | number | boolean | undefined>>;
}

/** Turns described events into log lines. */
export class EventRecorder {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  record(event: DescribedEvent): void {
    if (!this.#logger.isOn(event.level)) return;
    this.#logger.log(event.level, { ...event.attributes }, event.name);
  }
}
