import type { MetadataRecord } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { uuidBytes } from '../test/random-records.js';
import { config, partition, partitionChange, registerBroker, removeTopic, replay, topic } from '../test/records.js';

const hex = (records: MetadataRecord[]): string => Buffer.from(replay(records).digest().value).toString('hex');

describe('the image digest', () => {
  it('is 8 bytes, all zero for an empty image, of version 1', () => {
    expect(replay([]).digest()).toEqual({ version: 1, value: new Uint8Array(8) });
  });

  it('is what it was: the same content sums up to the same for ever, within one version', () => {
    const records = [
      registerBroker(1, 5, { endpoints: [{ name: 'P', host: 'h', port: 9092, securityProtocol: 0 }], logDirs: [uuidBytes(9)] }),
      topic('orders', 1),
      partition(1, 0, [1, 2, 3], { directories: [uuidBytes(9), uuidBytes(8), uuidBytes(7)] }),
      config(2, 'orders', 'retention.ms', '1000'),
    ];

    expect(hex(records)).toBe('4465de431e27ee2e');
  });

  it('does not depend on the order in which rows came', () => {
    const [a, b] = [[topic('a', 1), partition(1, 0, [1])], [topic('b', 2), partition(2, 0, [7, 1]), config(2, 'b', 'k', 'v')]];

    expect(hex([...a, ...b])).toBe(hex([...b, ...a]));
  });

  it('comes back when what was added is removed', () => {
    const base = [topic('a', 1), partition(1, 0, [1, 2])];

    expect(hex([...base, topic('b', 2), partition(2, 0, [1]), config(2, 'b', 'k', 'v'), removeTopic(2)])).toBe(hex(base));
  });

  it('sees every field of a partition', () => {
    const base = partition(1, 0, [1, 2], { isr: [1] });
    const variants = [
      base,
      partition(1, 1, [1, 2], { isr: [1] }),
      partition(1, 0, [1, 3], { isr: [1] }),
      partition(1, 0, [2, 1], { isr: [1], leader: 1 }),
      partition(1, 0, [1, 2]),
      partition(1, 0, [1, 2], { isr: [1], leader: 2 }),
      partition(1, 0, [1, 2], { isr: [1], leader: -1 }),
      partition(1, 0, [1, 2], { isr: [1], leaderRecoveryState: 1 }),
      partition(1, 0, [1, 2], { isr: [1], leaderEpoch: 1 }),
      partition(1, 0, [1, 2], { isr: [1], partitionEpoch: 1 }),
      partition(1, 0, [1, 2], { isr: [1], directories: [uuidBytes(1), uuidBytes(2)] }),
      partition(1, 0, [1, 2], { isr: [1], directories: [uuidBytes(2), uuidBytes(1)] }),
      partition(1, 0, [1, 2], { isr: [1], removingReplicas: [1] }),
      partition(1, 0, [1, 2], { isr: [1], addingReplicas: [1] }),
      partition(1, 0, [1, 2], { isr: [1], eligibleLeaderReplicas: { ids: [1] } }),
      partition(1, 0, [1, 2], { isr: [1], lastKnownElr: { ids: [1] } }),
    ];

    expect(new Set(variants.map((variant) => hex([topic('a', 1), variant]))).size).toBe(variants.length);
  });

  it('sees every field of a broker but where its registration stood', () => {
    const variants = [
      registerBroker(1, 5),
      registerBroker(2, 5, { incarnationId: uuidBytes(301) }),
      registerBroker(1, 6),
      registerBroker(1, 5, { incarnationId: uuidBytes(1) }),
      registerBroker(1, 5, { endpoints: [{ name: 'P', host: 'h', port: 1, securityProtocol: 0 }] }),
      registerBroker(1, 5, { endpoints: [{ name: 'P', host: 'h', port: 1, securityProtocol: 1 }] }),
      registerBroker(1, 5, { features: [{ name: 'f', minSupportedVersion: 0, maxSupportedVersion: 1 }] }),
      registerBroker(1, 5, { features: [{ name: 'f', minSupportedVersion: 1, maxSupportedVersion: 1 }] }),
      registerBroker(1, 5, { rack: '' }),
      registerBroker(1, 5, { rack: 'r' }),
      registerBroker(1, 5, { fenced: false }),
      registerBroker(1, 5, { inControlledShutdown: true }),
      registerBroker(1, 5, { logDirs: [uuidBytes(1)] }),
      registerBroker(1, 5, { cordonedLogDirs: { ids: [] } }),
      registerBroker(1, 5, { cordonedLogDirs: { ids: [uuidBytes(1)] } }),
    ];

    expect(new Set(variants.map((variant) => hex([variant]))).size).toBe(variants.length);
    expect(hex([{ kind: 'NoOp', version: 0, value: {} }, registerBroker(1, 5)])).toBe(hex([registerBroker(1, 5)]));
  });

  it('sees configs, unknown keys among them, and tells key from value', () => {
    const variants = [config(2, 'a', 'k', 'v'), config(2, 'a', 'kv', ''), config(2, 'ak', 'v', ''), config(4, 'a', 'k', 'v'), config(2, 'a', 'unknown', 'v')];

    expect(new Set(variants.map((variant) => hex([variant]))).size).toBe(variants.length);
  });

  it('tells apart what one partition change more or less makes', () => {
    const records = [topic('a', 1), partition(1, 0, [1, 2])];

    expect(hex([...records, partitionChange(1, 0, {})])).not.toBe(hex(records));
  });
});
