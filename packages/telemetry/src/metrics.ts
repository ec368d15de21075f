import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS, type MetricDefinition, type MetricName } from './metric-names.js';

export type Labels = Readonly<Record<string, string | number>>;

/** One sample of a gauge that is read when somebody scrapes. */
export interface GaugeSample {
  readonly labels?: Labels;
  readonly value: number;
}

/** The metrics of one process. Names, help and labels come from the closed list; nothing is made twice. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #counters = new Map<MetricName, Counter>();
  readonly #histograms = new Map<MetricName, Histogram>();
  readonly #gauges = new Set<MetricName>();

  /** @param options.withProcess - also Node's own metrics: event-loop delay, memory, CPU. */
  constructor(options: { readonly app: string; readonly version: string; readonly withProcess: boolean }) {
    if (options.withProcess) collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: 50 });
    this.gauge('quorate_build_info', () => [{ labels: { version: options.version, app: options.app }, value: 1 }]);
  }

  /** Reads a gauge at each scrape; undefined or an empty list exports no sample. */
  gauge(name: MetricName, read: () => number | undefined | readonly GaugeSample[]): void {
    if (this.#gauges.has(name)) throw new Error(`the gauge ${name} is read already`);
    this.#gauges.add(name);
    const definition: MetricDefinition = METRICS[name];
    new Gauge({
      name,
      help: definition.help,
      labelNames: [...(definition.labels ?? [])],
      registers: [this.#registry],
      collect() {
        this.reset();
        const value = read();
        if (value === undefined) this.remove({});
        else if (typeof value === 'number') this.set(value);
        else for (const sample of value) this.set({ ...sample.labels }, sample.value);
      },
    });
  }

  count(name: MetricName, labels: Labels = {}, by = 1): void {
    let counter = this.#counters.get(name);
    if (counter === undefined) {
      const definition: MetricDefinition = METRICS[name];
      counter = new Counter({ name, help: definition.help, labelNames: [...(definition.labels ?? [])], registers: [this.#registry] });
      this.#counters.set(name, counter);
    }
    counter.inc({ ...labels }, by);
  }

  observe(name: MetricName, value: number, labels: Labels = {}): void {
    let histogram = this.#histograms.get(name);
    if (histogram === undefined) {
      const definition: MetricDefinition = METRICS[name];
      histogram = new Histogram({ name, help: definition.help, labelNames: [...(definition.labels ?? [])], buckets: [...(definition.buckets ?? [])], registers: [this.#registry] });
      this.#histograms.set(name, histogram);
    }
    histogram.observe({ ...labels }, value);
  }

  /** Prometheus text exposition. */
  expose(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }
}
