import { describe, expect, it } from 'vitest';
import { settingsFromEnvironment, variableOfKey } from './environment.js';
import { KEY_DEFINITIONS } from './key-definitions.js';

describe('the environment', () => {
  it.each([
    ['node.id', 'QUORATE_NODE_ID'],
    ['a_b.c-d', 'QUORATE_A__B_C___D'],
  ])('sets %s by %s', (key, variable) => {
    expect(variableOfKey(key)).toBe(variable);
    expect(settingsFromEnvironment({ [variable]: 'x' })).toEqual([{ key, value: 'x', variable }]);
  });

  it.each(Object.keys(KEY_DEFINITIONS))('can set %s', (key) => {
    expect(settingsFromEnvironment({ [variableOfKey(key)]: 'x' })).toMatchObject([{ key, value: 'x' }]);
  });

  it('knows the short names, over which the long ones win by coming later', () => {
    const settings = settingsFromEnvironment({ QUORATE_NATS_SERVERS: 'long:1', QUORATE_NATS_URL: 'short:1', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://jaeger:4317' });

    expect(settings.map(({ key, value }) => `${key}=${value}`)).toEqual(['nats.servers=short:1', 'otel.exporter.otlp.endpoint=http://jaeger:4317', 'nats.servers=long:1']);
  });

  it('passes over what is not ours, not a key, or not set', () => {
    expect(settingsFromEnvironment({ PATH: '/bin', QUORATE_HOME: '/x', QUORATE_NODE_ID: undefined })).toEqual([]);
  });
});
