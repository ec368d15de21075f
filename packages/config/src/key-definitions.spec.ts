import { describe, expect, it } from 'vitest';
import { describeConfigError } from './config-problem.js';
import type { KeyDefinition } from './key-definition.js';
import { KEY_DEFINITIONS, type KnownKey } from './key-definitions.js';
import { isKafkaKeyWithoutEffect } from './kafka-keys.js';
import { loadClientConfig, loadServerConfig } from './load-config.js';

/** Wrong values of each key, and a piece of the answer. A key without an entry does not compile. */
const WRONG: { readonly [K in KnownKey]: readonly (readonly [value: string, answer: string])[] } = {
  'process.roles': [
    ['both', '"both" is no role. Accepted: write broker,controller'],
    ['zookeeper', '"zookeeper" is no role. Accepted: controller, broker, or broker,controller'],
    ['broker,broker', 'the role broker appears twice'],
    [',', 'no role is named'],
  ],
  'node.id': [['one', '"one" is no node id. Accepted: an integer from 0 to 2147483647'], ['-1', '"-1" is no node id'], ['2147483648', 'is no node id']],
  'cluster.id': [],
  'listeners': [['localhost:9092', '"localhost:9092" is no listener. Accepted: NAME://host:port'], ['A://h:1,A://h:2', 'appears twice'], ['A://h:70000', 'out of range']],
  'advertised.listeners': [['PLAINTEXT://0.0.0.0:9092', 'nobody can connect to 0.0.0.0'], ['localhost:9092', 'is no endpoint'], ['OTHER://h:1', 'OTHER is not among listeners. Accepted: names from listeners: PLAINTEXT']],
  'controller.listener.names': [['PLAINTEXT', "PLAINTEXT is a controller's listener, and this node is a broker alone"]],
  'inter.broker.listener.name': [['OTHER', "OTHER is not among the broker's listeners. Accepted: PLAINTEXT"]],
  'listener.security.protocol.map': [
    ['PLAINTEXT', '"PLAINTEXT" is no entry. Accepted: NAME:PLAINTEXT'],
    ['A:TLS', '"TLS" is no security protocol'],
    ['A:PLAINTEXT,a:SSL', 'the listener name A appears twice'],
    ['PLAINTEXT:SSL', 'listener PLAINTEXT wants SSL, which does not exist here yet. Accepted: listener.security.protocol.map=PLAINTEXT:PLAINTEXT'],
  ],
  'controller.quorum.voters': [['a:9093', 'has no id before an @. Accepted: id@host:port'], ['1@a:1,1@b:1', 'node id 1 appears twice']],
  'controller.quorum.bootstrap.servers': [['a', '"a" has no port. Accepted: host:port'], ['1@a:9093', '"1@a" is no host name'], ['0.0.0.0:1', 'nobody can connect to 0.0.0.0']],
  'controller.quorum.election.timeout.ms': numbers('0', '2147483648'),
  'controller.quorum.fetch.timeout.ms': numbers('0', '2147483648'),
  'controller.quorum.election.backoff.max.ms': numbers('-1', '2147483648'),
  'controller.quorum.request.timeout.ms': numbers('0', '2147483648'),
  'controller.quorum.leader.silence.timeout.ms': numbers('199', '2147483648'),
  'controller.quorum.auto.join.enable': [['1', '"1" is neither true nor false']],
  'controller.quorum.leader.flush.lag.max.ms': numbers('49', '2147483648'),
  'controller.quorum.fetch.max.bytes': numbers('0', '8388609'),
  'controller.quorum.fetch.snapshot.max.bytes': numbers('0', '8388609'),
  'log.dirs': [],
  'metadata.log.dir': [],
  'metadata.log.segment.bytes': numbers('8388607', '2147483648'),
  'internal.metadata.log.segment.bytes': numbers('4095', '2147483648'),
  'metadata.log.segment.ms': numbers('0', '9007199254740992'),
  'metadata.max.retention.bytes': numbers('-2', '9007199254740992'),
  'metadata.max.retention.ms': numbers('-2', '9007199254740992'),
  'metadata.log.max.record.bytes.between.snapshots': numbers('0', '9007199254740992'),
  'metadata.log.max.snapshot.interval.ms': numbers('-1', '9007199254740992'),
  'metadata.log.max.records.between.snapshots': numbers('-1', '9007199254740992'),
  'metadata.log.max.batch.bytes': numbers('16383', '786433'),
  'metadata.max.idle.interval.ms': numbers('-1', '2147483648'),
  'broker.session.timeout.ms': numbers('0', '2147483648'),
  'broker.heartbeat.interval.ms': [...numbers('0', '2147483648'), ['9000', 'it must be below broker.session.timeout.ms, which is 9000']],
  'initial.broker.registration.timeout.ms': numbers('-1', '2147483648'),
  'broker.rack': [],
  'num.partitions': numbers('0', '2147483648'),
  'default.replication.factor': numbers('0', '32768'),
  'min.insync.replicas': numbers('0', '2147483648'),
  'unclean.leader.election.enable': [['yes', '"yes" is neither true nor false. Accepted: true or false']],
  'delete.topic.enable': [['1', '"1" is neither true nor false']],
  'shutdown.grace.ms': numbers('-1', '2147483648'),
  'gateway.listener': [['19000', '"19000" has no port'], ['h:99999', 'out of range']],
  'exporter.listener': [['19010', '"19010" has no port']],
  'nats.servers': [['http://h:1', 'is no NATS address. Accepted: nats://host:port'], ['nats://h:0', 'nobody can connect to port 0'], ['nats://h:99999', 'out of range']],
  'http.listener': [['9464', '"9464" has no port. Accepted: host:port, such as 127.0.0.1:19191'], ['h:99999', 'out of range']],
  'log.level': [['loud', '"loud" is not one of them. Accepted: trace, debug, info, warn, error']],
  'otel.exporter.otlp.endpoint': [['jaeger:4317', '"jaeger:4317" is no URL. Accepted: http://host:4317']],
};

/** Keys for which any text that is there will do. */
const ANY_TEXT: readonly KnownKey[] = ['cluster.id', 'log.dirs', 'metadata.log.dir', 'broker.rack'];

function numbers(below: string, above: string): [string, string][] {
  return [
    ['many', '"many" is no integer'],
    ['1s', '"1s" is no integer'],
    ['1.5', '"1.5" is no integer'],
    [below, `${below} is out of range`],
    [above, above.length > 15 ? 'is beyond 2^53' : `${above} is out of range`],
  ];
}

const keys = Object.keys(KEY_DEFINITIONS) as KnownKey[];
const broker = { 'process.roles': 'broker', 'node.id': '101', 'listeners': 'PLAINTEXT://localhost:9092', 'log.dirs': '/d', 'controller.quorum.bootstrap.servers': 'c:9093' };
const others = { 'controller.quorum.bootstrap.servers': 'c:9093' };

function answers(key: KnownKey, value: string): string[] {
  const program = key === 'gateway.listener' ? 'gateway' : key === 'exporter.listener' ? 'exporter' : 'server';
  const settings = Object.entries({ ...(program === 'server' ? broker : others), [key]: value }).map(([name, text]) => `${name}=${text}`);
  const file = { name: 'f', text: settings.join('\n') };
  const loaded = program === 'server' ? loadServerConfig({ file }) : loadClientConfig(program, { file });
  return loaded.kind === 'refused' ? loaded.errors.map(describeConfigError) : [];
}

describe.each(keys)('%s', (key) => {
  const cases = WRONG[key];

  it.runIf(cases.length > 0).each(cases)('=%s is refused', (value, answer) => {
    const about = answers(key, value).filter((line) => line.startsWith(`${key}=`) || line.startsWith('listeners='));

    expect(about.join('\n')).toContain(answer);
    expect(about.length).toBeGreaterThan(0);
  });

  it('has a wrong value here, unless any text will do', () => {
    expect(cases.length > 0 || ANY_TEXT.includes(key)).toBe(true);
  });

  it('has a default that its own definition accepts', () => {
    const definition: KeyDefinition<unknown> = KEY_DEFINITIONS[key];

    expect(definition.default === undefined || definition.parse(definition.default).kind === 'ok').toBe(true);
    expect(definition.doc).toMatch(/\.$/);
  });

  it('is not listed as one without effect', () => {
    expect(isKafkaKeyWithoutEffect(key)).toBe(false);
  });
});
