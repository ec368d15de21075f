import { utf8Encode } from '@quorate/records';
import type { ItemError } from '../command.js';
import { refusal } from '../errors.js';

/** Longest value that a record holds, in bytes of UTF-8 (Kafka's int16 lengths). */
const MAX_VALUE_BYTES = 32_767;

/** What values a topic config takes. */
type ConfigType =
  | { readonly kind: 'int' | 'long'; readonly min?: number; readonly max?: number }
  | { readonly kind: 'double'; readonly min: number; readonly max: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'oneOf'; readonly values: readonly string[] }
  | { readonly kind: 'listOf'; readonly values: readonly string[] }
  | { readonly kind: 'throttledReplicas' };

const INT_MAX = 2_147_483_647;
const long = (min?: number): ConfigType => (min === undefined ? { kind: 'long' } : { kind: 'long', min });
const int = (min: number, max = INT_MAX): ConfigType => ({ kind: 'int', min, max });
const boolean: ConfigType = { kind: 'boolean' };

/** The configs of a topic in Kafka 4.x, with the values they accept. Whether one has an effect here is another matter. */
export const TOPIC_CONFIGS: ReadonlyMap<string, ConfigType> = new Map<string, ConfigType>([
  ['cleanup.policy', { kind: 'listOf', values: ['compact', 'delete'] }],
  ['compression.gzip.level', int(-1, 9)],
  ['compression.lz4.level', int(1, 17)],
  ['compression.type', { kind: 'oneOf', values: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'] }],
  ['compression.zstd.level', int(-131_072, 22)],
  ['delete.retention.ms', long(0)],
  ['file.delete.delay.ms', long(0)],
  ['flush.messages', long(1)],
  ['flush.ms', long(0)],
  ['follower.replication.throttled.replicas', { kind: 'throttledReplicas' }],
  ['index.interval.bytes', int(0)],
  ['leader.replication.throttled.replicas', { kind: 'throttledReplicas' }],
  ['local.retention.bytes', long(-2)],
  ['local.retention.ms', long(-2)],
  ['max.compaction.lag.ms', long(1)],
  ['max.message.bytes', int(0)],
  ['message.timestamp.after.max.ms', long(0)],
  ['message.timestamp.before.max.ms', long(0)],
  ['message.timestamp.type', { kind: 'oneOf', values: ['CreateTime', 'LogAppendTime'] }],
  ['min.cleanable.dirty.ratio', { kind: 'double', min: 0, max: 1 }],
  ['min.compaction.lag.ms', long(0)],
  ['min.insync.replicas', int(1)],
  ['preallocate', boolean],
  ['remote.log.copy.disable', boolean],
  ['remote.log.delete.on.disable', boolean],
  ['remote.storage.enable', boolean],
  ['retention.bytes', long()],
  ['retention.ms', long(-1)],
  ['segment.bytes', int(1_048_576)],
  ['segment.index.bytes', int(4)],
  ['segment.jitter.ms', long(0)],
  ['segment.ms', long(1)],
  ['unclean.leader.election.enable', boolean],
]);

/** Why these configs of one topic are refused (INVALID_CONFIG), or undefined. */
export function refuseTopicConfigs(configs: readonly { readonly name: string; readonly value: string | undefined }[]): ItemError | undefined {
  if (configs.length === 0) return undefined;
  const values = new Map<string, string>();
  for (const { name, value } of configs) {
    if (values.has(name)) return invalid(`Topic config ${name} is given twice.`);
    if (value === undefined) return invalid(`Null value not supported for topic config ${name}.`);
    const problem = problemOfValue(name, value);
    if (problem !== undefined) return invalid(problem);
    values.set(name, value);
  }
  return refuseContradiction(values);
}

function problemOfValue(name: string, value: string): string | undefined {
  const type = TOPIC_CONFIGS.get(name);
  if (type === undefined) return `Unknown topic config name: ${name}`;
  if (value.length > MAX_VALUE_BYTES / 3 && utf8Encode(value).length > MAX_VALUE_BYTES) {
    return `The value of topic config ${name} is longer than ${MAX_VALUE_BYTES} bytes.`;
  }
  const wanted = mismatch(value.trim(), type);
  return wanted === undefined ? undefined : `Invalid value ${shorten(value)} for topic config ${name}: expected ${wanted}.`;
}

/** What was expected instead of this value, or undefined when it fits. */
function mismatch(value: string, type: ConfigType): string | undefined {
  switch (type.kind) {
    case 'boolean':
      return ['true', 'false'].includes(value.toLowerCase()) ? undefined : 'true or false';
    case 'oneOf':
      return type.values.includes(value) ? undefined : `one of ${type.values.join(', ')}`;
    case 'listOf':
      return value !== '' && value.split(',').every((item) => type.values.includes(item.trim())) ? undefined : `a list of ${type.values.join(', ')}`;
    case 'throttledReplicas':
      return /^(\*|none|(\d+:\d+(\s*,\s*\d+:\d+)*)?)$/.test(value) ? undefined : '*, none, or a list of partition:broker';
    case 'double':
      return isDecimal(value) && isWithin(Number(value), type) ? undefined : `a number ${rangeText(type)}`;
    case 'int':
      return isInteger(value) && isWithin(Number(value), type) ? undefined : `an integer ${rangeText(type)}`;
    case 'long':
      return isInteger(value) && isLong(value) && isWithin(Number(value), type) ? undefined : `an integer ${rangeText(type)}`;
  }
}

interface Range {
  readonly min?: number;
  readonly max?: number;
}

const isInteger = (value: string): boolean => /^[+-]?\d{1,19}$/.test(value);
const isDecimal = (value: string): boolean => /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value);
const isLong = (value: string): boolean => BigInt.asIntN(64, BigInt(value.replace('+', ''))) === BigInt(value.replace('+', ''));
const isWithin = (value: number, { min, max }: Range): boolean => (min === undefined || value >= min) && (max === undefined || value <= max);

function rangeText({ min, max }: Range): string {
  if (min === undefined) return 'of 64 bits';
  return max === undefined ? `of at least ${min}` : `from ${min} to ${max}`;
}

/** Pairs of values that make no sense together. */
function refuseContradiction(values: ReadonlyMap<string, string>): ItemError | undefined {
  const numberOf = (name: string): number => Number(values.get(name) ?? Number.NaN);
  if (numberOf('min.compaction.lag.ms') > numberOf('max.compaction.lag.ms')) {
    return invalid('min.compaction.lag.ms is greater than max.compaction.lag.ms.');
  }
  for (const unit of ['bytes', 'ms']) {
    const whole = numberOf(`retention.${unit}`);
    if (whole >= 0 && numberOf(`local.retention.${unit}`) > whole) {
      return invalid(`local.retention.${unit} is greater than retention.${unit}.`);
    }
  }
  return undefined;
}

function shorten(value: string): string {
  return value.length <= 100 ? value : `${value.substring(0, 100)}…`;
}

function invalid(message: string): ItemError {
  return refusal('INVALID_CONFIG', message);
}
