import { describe, expect, it } from 'vitest';
import { KAFKA_ERRORS, kafkaErrorMessage, kafkaErrorName, type KafkaErrorName } from './kafka-error.js';

const names = Object.keys(KAFKA_ERRORS) as KafkaErrorName[];

describe('the table of errors', () => {
  it('gives each number to one name', () => {
    for (const name of names) expect(kafkaErrorName(KAFKA_ERRORS[name])).toBe(name);
  });

  it('has a sentence for each', () => {
    for (const name of names) expect(kafkaErrorMessage(name)).toMatch(/^[A-Z].*\.$/);
  });

  it("keeps our own numbers apart from Kafka's", () => {
    expect(names.filter((name) => KAFKA_ERRORS[name] >= 1000)).toEqual(['CHAIN_MISMATCH', 'INCONSISTENT_RECOVERY_ID']);
  });

  it('knows no name for a number that it does not have', () => {
    expect(kafkaErrorName(999)).toBeUndefined();
  });
});
