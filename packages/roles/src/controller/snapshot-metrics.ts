import type { ControllerEvent } from '@quorate/controller-node';
import type { Metrics } from '@quorate/telemetry';

/** What this controller's snapshots were like, as metrics. */
export class SnapshotMetrics {
  readonly #metrics: Metrics;
  readonly #nowMs: () => number;
  #latest: { readonly bytes: number; readonly longestSliceMs: number } | undefined;
  /** Of the last snapshot, or of our start. */
  #sinceMs: number;
  #loads = 0;

  constructor(metrics: Metrics, nowMs: () => number = () => performance.now()) {
    this.#metrics = metrics;
    this.#nowMs = nowMs;
    this.#sinceMs = nowMs();
    metrics.gauge('kafka_server_snapshotemitter_latestsnapshotgeneratedbytes', () => this.#latest?.bytes ?? 0);
    metrics.gauge('kafka_server_snapshotemitter_latestsnapshotgeneratedagems', () => Math.round(this.#nowMs() - this.#sinceMs));
    metrics.gauge('kafka_server_metadataloader_handleloadsnapshotcount', () => this.#loads);
    metrics.gauge('quorate_snapshot_longest_slice_seconds', () => (this.#latest?.longestSliceMs ?? 0) / 1000);
  }

  handle(event: ControllerEvent): void {
    if (event.kind === 'snapshotMade') this.#made(event);
    if (event.kind !== 'snapshotLoaded') return;
    this.#loads += 1;
    this.#metrics.observe('quorate_snapshot_load_duration_seconds', event.durationMs / 1000);
  }

  #made(event: Extract<ControllerEvent, { kind: 'snapshotMade' }>): void {
    this.#latest = event;
    this.#sinceMs = this.#nowMs();
    this.#metrics.count('quorate_snapshots_created_total', { reason: event.reason });
    this.#metrics.observe('quorate_snapshot_duration_seconds', event.durationMs / 1000);
  }
}
