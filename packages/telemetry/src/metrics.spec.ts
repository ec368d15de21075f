import { describe, expect, it } from 'vitest';
import { METRICS } from './metric-names.js';
import { Metrics } from './metrics.js';

const make = (): Metrics => new Metrics({ app: 'test', version: '1', withProcess: false });

describe('Metrics', () => {
  it('reads gauges when somebody scrapes, and exports nothing for what is not there', async () => {
    const metrics = make();
    let epoch: number | undefined = 3;
    metrics.gauge('kafka_server_raftmetrics_current_epoch', () => epoch);

    expect(await metrics.expose()).toContain('kafka_server_raftmetrics_current_epoch 3');
    epoch = undefined;
    expect(await metrics.expose()).not.toMatch(/^kafka_server_raftmetrics_current_epoch \d/m);
  });

  it('forgets the labels of a state that has passed', async () => {
    const metrics = make();
    let role = 'leader';
    metrics.gauge('kafka_server_raftmetrics_current_state', () => [{ labels: { current_state: role }, value: 1 }]);
    await metrics.expose();

    role = 'follower';

    const text = await metrics.expose();
    expect(text).toContain('current_state="follower"} 1');
    expect(text).not.toContain('current_state="leader"');
  });

  it('counts and measures under the names of the list', async () => {
    const metrics = make();
    metrics.count('quorate_quorum_elections_total', { trigger: 'start-up', outcome: 'won' });
    metrics.observe('quorate_quorum_election_duration_seconds', 0.015);

    const text = await metrics.expose();
    expect(text).toContain('quorate_quorum_elections_total{trigger="start-up",outcome="won"} 1');
    expect(text).toContain('quorate_quorum_election_duration_seconds_bucket{le="0.02"} 1');
  });

  it('refuses a gauge that is read by two', () => {
    const metrics = make();
    metrics.gauge('quorate_log_size_bytes', () => 1);

    expect(() => metrics.gauge('quorate_log_size_bytes', () => 2)).toThrow('read already');
  });
});

describe('the list of metrics', () => {
  it('gives counters and histograms their suffixes, and every metric a help text', () => {
    for (const [name, definition] of Object.entries(METRICS)) {
      expect(definition.help.length, name).toBeGreaterThan(10);
      if (definition.type === 'counter') expect(name).toMatch(/_total$/);
      if (definition.type === 'histogram') expect(name).toMatch(/_seconds$/);
    }
  });
});
