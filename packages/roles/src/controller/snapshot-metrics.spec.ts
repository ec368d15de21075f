import type { ControllerEvent } from '@quorate/controller-node';
import type { Epoch, Offset } from '@quorate/records';
import { Metrics } from '@quorate/telemetry';
import { describe, expect, it } from 'vitest';
import { SnapshotMetrics } from './snapshot-metrics.js';

const made: ControllerEvent = { kind: 'snapshotMade', reason: 'bytes', endOffset: 9 as Offset, epoch: 1 as Epoch, bytes: 4096, records: 7, durationMs: 40, longestSliceMs: 2.5 };
const loaded: ControllerEvent = { kind: 'snapshotLoaded', endOffset: 9 as Offset, epoch: 1 as Epoch, records: 7, durationMs: 60 };

describe('the metrics of snapshots', () => {
  it('show the last one made, how long ago that was, and how many were loaded', async () => {
    const metrics = new Metrics({ app: 'test', version: '0', withProcess: false });
    let nowMs = 1000;
    const snapshots = new SnapshotMetrics(metrics, () => nowMs);
    nowMs = 3000;
    expect(await metrics.expose()).toContain('kafka_server_snapshotemitter_latestsnapshotgeneratedagems 2000');

    snapshots.handle(made);
    snapshots.handle(loaded);
    nowMs = 3500;
    const text = await metrics.expose();

    expect(text).toContain('kafka_server_snapshotemitter_latestsnapshotgeneratedbytes 4096');
    expect(text).toContain('kafka_server_snapshotemitter_latestsnapshotgeneratedagems 500');
    expect(text).toContain('kafka_server_metadataloader_handleloadsnapshotcount 1');
    expect(text).toContain('quorate_snapshots_created_total{reason="bytes"} 1');
    expect(text).toContain('quorate_snapshot_longest_slice_seconds 0.0025');
  });
});
