import { describe, expect, it } from 'vitest';
import { describeConfigError } from './config-problem.js';
import { loadClientConfig, loadServerConfig, type LoadedConfig } from './load-config.js';
import { printConfig } from './print-config.js';
import type { ServerConfig } from './quorate-config.js';
import type { ConfigSources } from './settings.js';

const BROKER = ['process.roles=broker', 'node.id=101', 'listeners=PLAINTEXT://localhost:9092', 'log.dirs=/d', 'controller.quorum.bootstrap.servers=c:9093'];
const CONTROLLER = ['process.roles=controller', 'node.id=1', 'listeners=CONTROLLER://localhost:9093', 'metadata.log.dir=/m', 'controller.quorum.bootstrap.servers=localhost:9093'];
const BOTH = [
  'process.roles=controller,broker', 'node.id=1', 'listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093',
  'controller.listener.names=CONTROLLER', 'log.dirs=/d1,/d2', 'controller.quorum.bootstrap.servers=localhost:9093',
];

/** The lines with others in place of those that set the same key; an empty value takes the key away. */
function load(base: readonly string[], changes: readonly string[] = [], more: Omit<ConfigSources, 'file'> = {}): LoadedConfig<ServerConfig> {
  const changed = changes.map((line) => line.split('=')[0]);
  const lines = [...base.filter((line) => !changed.includes(line.split('=')[0])), ...changes.filter((line) => !line.endsWith('='))];
  return loadServerConfig({ file: { name: 'server.properties', text: lines.join('\n') }, ...more });
}

function config(loaded: LoadedConfig<ServerConfig>): ServerConfig {
  if (loaded.kind === 'refused') throw new Error(loaded.errors.map(describeConfigError).join('\n'));
  return loaded.config;
}

const refusals = (loaded: LoadedConfig<unknown>): string[] => (loaded.kind === 'refused' ? loaded.errors.map(describeConfigError) : []);
const warnings = (loaded: LoadedConfig<unknown>): string[] => loaded.warnings.map(({ message }) => message);

describe('precedence', () => {
  const environment = { QUORATE_NUM_PARTITIONS: '3' };
  const flags = [{ key: 'num.partitions', value: '4' }];

  it.each([
    ['the default', [], {}, 1],
    ['the file over the default', ['num.partitions=2'], {}, 2],
    ['the environment over the file', ['num.partitions=2'], { environment }, 3],
    ['a flag over the environment', ['num.partitions=2'], { environment, flags }, 4],
  ])('takes %s', (_, changes, more, expected) => {
    expect(config(load(BROKER, changes, more)).controller.numPartitions).toBe(expected);
  });

  it('is shown for every key, secrets masked', () => {
    const { settings } = load(BROKER, ['ssl.keystore.password=x', 'nats.servers=nats://me:secret@n1:4222,n2:4222'], { environment, flags });

    const lines = printConfig(settings);

    expect(lines).toContain('node.id=101  # server.properties line 2');
    expect(lines).toContain('num.partitions=4  # flag');
    expect(lines).toContain('broker.session.timeout.ms=9000  # default');
    expect(lines).toContain('metadata.log.dir=/d  # from log.dirs');
    expect(lines).toContain('http.listener=127.0.0.1:9192  # from listeners');
    expect(lines).toContain('# broker.rack is not set');
    expect(lines).toContain('ssl.keystore.password=******  # server.properties line 6, without effect');
    expect(lines).toContain('nats.servers=nats://******@n1:4222,n2:4222  # server.properties line 7');
  });
});

describe('keys', () => {
  it("of Kafka's without effect are named in one line", () => {
    expect(warnings(load(BROKER, ['num.network.threads=3', 'log.retention.hours=168', 'offsets.topic.replication.factor=1']))).toEqual([
      'without effect in this server: num.network.threads, log.retention.hours, offsets.topic.replication.factor',
    ]);
  });

  it('for security are named apart, since nothing is protected', () => {
    expect(warnings(load(BROKER, ['authorizer.class.name=x', 'ssl.client.auth=required']))).toEqual([
      'nothing is authenticated, authorized or encrypted yet; these have no effect: authorizer.class.name, ssl.client.auth',
    ]);
  });

  it.each([
    ['log.retention.hour=1', 'log.retention.hour=1 (server.properties line 6): no such key. Accepted: log.retention.hours, if that was meant.'],
    ['contoller.quorum.voters=x', 'no such key. Accepted: controller.quorum.voters, if that was meant.'],
    ['purple.cow=1', 'no such key. Accepted: a key that `quorate config print` lists.'],
    ['constructor=1', 'no such key. Accepted: a key that `quorate config print` lists.'],
    ['zookeeper.connect=zk:2181', 'there is no ZooKeeper here'],
  ])('that nobody knows are refused: %s', (line, answer) => {
    expect(refusals(load(BROKER, [line])).join()).toContain(answer);
  });

  it('that nobody knows in a flag are refused too, and in the environment passed over with a warning', () => {
    expect(refusals(load(BROKER, [], { flags: [{ key: 'nod.id', value: '1' }] }))).toEqual(['nod.id=1 (flag): no such key. Accepted: node.id, if that was meant.']);

    const loaded = load(BROKER, [], { environment: { QUORATE_CONTROLLER_SERVICE_HOST: '10.0.0.1', QUORATE_NOD_ID: '1' } });
    expect(loaded.kind).toBe('ok');
    expect(warnings(loaded)).toEqual([
      'QUORATE_CONTROLLER_SERVICE_HOST sets no key: there is no controller.service.host',
      'QUORATE_NOD_ID sets no key: there is no nod.id; node.id is near',
    ]);
  });

  it('set twice count once, the later one, with a warning', () => {
    const loaded = loadServerConfig({ file: { name: 'f', text: [...BROKER, 'num.partitions=2', 'num.partitions=3'].join('\n') } });

    expect(config(loaded).controller.numPartitions).toBe(3);
    expect(warnings(loaded)).toEqual(['num.partitions is set on lines 6 and 7 of f; line 7 counts']);
  });

  it('with a misspelt protocol map are read, with a warning', () => {
    const loaded = load(BROKER, ['listeners=EXTERNAL://localhost:9092', 'controller.listener.security.protocol.map=EXTERNAL:PLAINTEXT']);

    expect(config(loaded).listeners[0]?.securityProtocol).toBe('PLAINTEXT');
    expect(warnings(loaded)).toEqual(['controller.listener.security.protocol.map is read as listener.security.protocol.map, which is its name']);
  });

  it('by another of their names count unless the name itself is there', () => {
    expect(config(load(BROKER, ['node.id=', 'broker.id=7', 'log.dirs=', 'log.dir=/other']))).toMatchObject({ nodeId: 7, logDirs: ['/other'] });
    expect(warnings(load(BROKER, ['broker.id=7']))).toEqual(['broker.id is passed over, since node.id is set too']);
  });

  it('with a comment behind the value are read without it, with one warning that names the lines', () => {
    const loaded = load(BROKER, ['num.partitions=3 # 分区', 'broker.rack=r1 # rack']);

    expect(config(loaded)).toMatchObject({ controller: { numPartitions: 3 }, broker: { rack: 'r1' } });
    expect(warnings(loaded)).toEqual(['server.properties lines 6, 7: " # …" behind the value was taken for a comment; Kafka would make it part of the value']);
  });

  it('that cannot be read at all are named by their line', () => {
    expect(refusals(load(BROKER, ['broker.rack=\\u12']))).toEqual(['line 6 (server.properties line 6): a \\u escape needs four hexadecimal digits. Accepted: key=value.']);
  });

  it('without a value are as good as absent', () => {
    expect(config(loadServerConfig({ file: { name: 'f', text: [...BROKER, 'broker.rack=', 'num.partitions='].join('\n') } }))).toMatchObject({ controller: { numPartitions: 1 }, broker: { rack: undefined } });
  });

  it('are all answered at once when several are wrong', () => {
    expect(refusals(load([], ['process.roles=controller']))).toEqual([
      'listeners: a controller needs a listener. Accepted: add listeners=CONTROLLER://localhost:9093.',
      'node.id: every node has an id of its own. Accepted: add node.id with a number that no other controller or broker has, such as node.id=1.',
      'metadata.log.dir: it must say where data is kept; there is no default. Accepted: add metadata.log.dir=<a directory on a disk that stays>.',
      'controller.quorum.bootstrap.servers: without it this process finds no controller. Accepted: add controller.quorum.bootstrap.servers=host:port,… of the controllers, for example controller.quorum.bootstrap.servers=127.0.0.1:19091.',
    ]);
  });

  it('whose value is refused are not called missing as well', () => {
    expect(refusals(load(BROKER, ['node.id=x']))).toHaveLength(1);
  });
});

describe('roles', () => {
  it.each([
    ['broker,controller', ['broker', 'controller']],
    ['controller, broker', ['broker', 'controller']],
    ['controller,broker', ['broker', 'controller']],
  ])('%s are both', (value, roles) => {
    expect(config(load(BOTH, [`process.roles=${value}`])).roles).toEqual(roles);
  });

  it('must be there', () => {
    expect(refusals(load(BROKER, ['process.roles=']))[0]).toContain('process.roles: it must say what this process is. Accepted: add process.roles=controller');
  });
});

describe('directories', () => {
  it("keep the metadata in the first of log.dirs, unless told otherwise", () => {
    expect(config(load(BOTH))).toMatchObject({ logDirs: ['/d1', '/d2'], metadataLogDir: '/d1' });
    expect(config(load(BOTH, ['metadata.log.dir=/m']))).toMatchObject({ logDirs: ['/d1', '/d2'], metadataLogDir: '/m' });
    expect(config(load(CONTROLLER))).toMatchObject({ logDirs: ['/m'], metadataLogDir: '/m' });
  });

  it('have no default', () => {
    expect(refusals(load(BROKER, ['log.dirs=']))).toEqual(['log.dirs: it must say where data is kept; there is no default. Accepted: add log.dirs=<a directory on a disk that stays>.']);
  });
});

describe('listeners', () => {
  it('of a controller alone all carry the controller', () => {
    expect(config(load(CONTROLLER, ['listeners=A://localhost:9093'])).listeners).toMatchObject([{ name: 'A', carries: 'controller', securityProtocol: 'PLAINTEXT' }]);
  });

  it('of a node with both roles are told apart by name', () => {
    const { listeners, interBrokerListenerName } = config(load(BOTH));

    expect(listeners.map(({ name, carries }) => `${name} ${carries}`)).toEqual(['PLAINTEXT broker', 'CONTROLLER controller']);
    expect(interBrokerListenerName).toBe('PLAINTEXT');
  });

  it('on all interfaces are bound so and advertised by name', () => {
    const changes = ['listeners=PLAINTEXT://:9092,CONTROLLER://0.0.0.0:9093', 'advertised.listeners=PLAINTEXT://node1:9092,CONTROLLER://node1:9093'];

    expect(config(load(BOTH, changes)).listeners).toMatchObject([
      { host: '0.0.0.0', port: 9092, advertised: { host: 'node1', port: 9092 } },
      { host: '0.0.0.0', port: 9093, advertised: { host: 'node1', port: 9093 } },
    ]);
  });

  it.each(['0.0.0.0', '', '[::]'])('on all interfaces (%s) need a name to be advertised by', (host) => {
    expect(refusals(load(CONTROLLER, [`listeners=CONTROLLER://${host}:9093`]))).toEqual([
      `advertised.listeners: CONTROLLER listens on all interfaces (${host}:9093), and that address is never told to others. ` +
        'Accepted: add advertised.listeners=CONTROLLER://<host name of this node>:9093.',
    ]);
  });

  it('of a broker that advertised.listeners leaves out are not advertised; of a controller they are', () => {
    const changes = ['listeners=PLAINTEXT://a:1,SSL://a:2,CONTROLLER://a:3', 'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SSL:PLAINTEXT,CONTROLLER:PLAINTEXT', 'advertised.listeners=PLAINTEXT://b:1'];

    expect(config(load(BOTH, changes)).listeners.map(({ advertised }) => advertised?.host)).toEqual(['b', undefined, 'a']);
  });

  it('have a default on a broker alone', () => {
    expect(config(load(BROKER, ['listeners='])).listeners).toMatchObject([{ name: 'PLAINTEXT', host: 'localhost', port: 9092 }]);
  });

  it.each<[string, readonly string[], readonly string[], string]>([
    ['a broker that is all controller', BOTH, ['listeners=CONTROLLER://localhost:9093'], 'a broker needs a listener that is not among controller.listener.names'],
    ['both roles without names', BOTH, ['controller.listener.names='], 'controller.listener.names: it must say which listeners carry the controller. Accepted: add controller.listener.names=CONTROLLER'],
    ['a controller name without a listener', BOTH, ['controller.listener.names=CONTROLLER,X'], 'X is not among listeners'],
    ['a listener that a controller alone does not use', CONTROLLER, ['listeners=CONTROLLER://a:1,PLAINTEXT://a:2', 'controller.listener.names=CONTROLLER'], 'a controller alone has no use for listener PLAINTEXT'],
    ["a controller's listener on a broker alone", BROKER, ['listeners=PLAINTEXT://a:1,CONTROLLER://a:2', 'controller.listener.names=CONTROLLER'], "CONTROLLER is a controller's listener, and this node is a broker alone"],
    ['a name that is no protocol and has no entry', BROKER, ['listeners=BROKER://a:1'], 'no security protocol is defined for listener BROKER. Accepted: add listener.security.protocol.map=BROKER:PLAINTEXT'],
    ['a map that leaves a listener out', CONTROLLER, ['listener.security.protocol.map=OTHER:PLAINTEXT'], 'no security protocol is defined for listener CONTROLLER. Accepted: add CONTROLLER:PLAINTEXT to it'],
    ['a protocol that does not exist yet', BROKER, ['listeners=SASL_SSL://a:1'], 'listener SASL_SSL wants SASL_SSL, which does not exist here yet'],
    ['an inter-broker listener that is not advertised', BOTH, ['listeners=PLAINTEXT://a:1,B://a:2,CONTROLLER://a:3', 'listener.security.protocol.map=B:PLAINTEXT,CONTROLLER:PLAINTEXT', 'advertised.listeners=B://a:2'], 'it leaves out PLAINTEXT, over which brokers reach each other. Accepted: add PLAINTEXT://a:1 to it'],
    ['an inter-broker listener that is the controller\'s', BOTH, ['inter.broker.listener.name=CONTROLLER'], "CONTROLLER is not among the broker's listeners. Accepted: PLAINTEXT"],
  ])('are refused: %s', (_, base, changes, answer) => {
    expect(refusals(load(base, changes)).join('\n')).toContain(answer);
  });
});

describe('voters and discovery', () => {
  it('refuse a static list on a controller, saying what to do', () => {
    expect(refusals(load(CONTROLLER, ['controller.quorum.voters=1@localhost:9093']))).toEqual([
      'controller.quorum.voters=1@localhost:9093 (server.properties line 6): a controller cannot be begun from a static voter list without directory ids yet. ' +
        'Accepted: format with `quorate storage format --standalone` and write controller.quorum.bootstrap.servers=localhost:9093 in place of this line.',
    ]);
  });

  it('refuse a controller whose id is not in the list', () => {
    expect(refusals(load(CONTROLLER, ['node.id=4', 'controller.quorum.voters=1@a:1,2@b:1'])).join('\n')).toContain('4 is not among controller.quorum.voters. Accepted: 1, 2');
  });

  it('name the ids whose endpoint is advertised too', () => {
    const changes = ['node.id=', 'listeners=CONTROLLER://:9093', 'advertised.listeners=CONTROLLER://b:9093', 'controller.quorum.voters=1@a:9093,2@b:9093'];

    expect(refusals(load(CONTROLLER, changes)).join('\n')).toContain('add node.id=2 (controller.quorum.voters has it at b:9093)');
  });

  it('find the controllers by a static list on a broker', () => {
    const loaded = load(BROKER, ['controller.quorum.bootstrap.servers=', 'controller.quorum.voters=1@a:9093,2@[::1]:9093']);

    expect(config(loaded)).toMatchObject({ bootstrapServers: [{ host: 'a', port: 9093 }, { host: '::1', port: 9093 }], staticVoters: [{ id: 1 }, { id: 2 }] });
    expect(printConfig(loaded.settings)).toContain('controller.quorum.bootstrap.servers=a:9093,[::1]:9093  # from controller.quorum.voters');
  });
});

describe('limits', () => {
  it('of −1 and 0 become absence', () => {
    const none = ['metadata.max.retention.bytes=-1', 'metadata.max.retention.ms=-1', 'metadata.log.max.snapshot.interval.ms=0', 'metadata.max.idle.interval.ms=0'];

    expect(config(load(CONTROLLER, none))).toMatchObject({
      metadataLog: { maxRetentionBytes: undefined, maxRetentionMs: undefined, maxSnapshotIntervalMs: undefined, maxRecordsBetweenSnapshots: undefined },
      controller: { maxIdleIntervalMs: undefined },
    });
  });

  it('have defaults as in Kafka', () => {
    expect(config(load(CONTROLLER))).toMatchObject({
      raft: { electionTimeoutMs: 1000, fetchTimeoutMs: 2000, electionBackoffMaxMs: 1000, requestTimeoutMs: 2000, leaderSilenceTimeoutMs: 600, leaderFlushLagMaxMs: 500 },
      metadataLog: {
        segmentBytes: 1_073_741_824, segmentMs: 604_800_000, maxBatchBytes: 786_432, maxRetentionBytes: 104_857_600, maxRetentionMs: 604_800_000,
        maxRecordBytesBetweenSnapshots: 20_971_520, maxSnapshotIntervalMs: 3_600_000,
      },
      controller: { sessionTimeoutMs: 9000, heartbeatIntervalMs: 2000, maxIdleIntervalMs: 500 },
    });
  });

  it('let tests have segments smaller than an operator may', () => {
    expect(config(load(CONTROLLER, ['internal.metadata.log.segment.bytes=65536'])).metadataLog.segmentBytes).toBe(65_536);
  });
});

describe('HTTP', () => {
  it.each<[readonly string[], unknown]>([
    [[], { host: '127.0.0.1', port: 9193 }],
    [['listeners=CONTROLLER://localhost:0'], { host: '127.0.0.1', port: 0 }],
    [['listeners=CONTROLLER://localhost:65500'], undefined],
    [['http.listener=127.0.0.1:19191'], { host: '127.0.0.1', port: 19191 }],
    [['http.listener=http://:1'], { host: '0.0.0.0', port: 1 }],
  ])('with %j is served on %j', (changes, expected) => {
    expect(config(load(CONTROLLER, changes)).httpListener).toEqual(expected);
  });

  it('is off when the key is empty', () => {
    expect(config(loadServerConfig({ file: { name: 'f', text: [...CONTROLLER, 'http.listener='].join('\n') } })).httpListener).toBeUndefined();
  });
});

describe('the gateway and the exporter', () => {
  const flags = [{ key: 'controller.quorum.bootstrap.servers', value: 'localhost:19091' }];

  it('need only to find the controllers', () => {
    expect(loadClientConfig('gateway', { flags })).toMatchObject({ kind: 'ok', config: { listener: { host: '127.0.0.1', port: 19000 }, httpListener: { port: 19100 }, natsServers: [] } });
    expect(loadClientConfig('exporter', { flags })).toMatchObject({ kind: 'ok', config: { listener: { host: '127.0.0.1', port: 19010 }, httpListener: { port: 9464 } } });
    expect(refusals(loadClientConfig('gateway', {}))).toEqual([expect.stringContaining('controller.quorum.bootstrap.servers: without it this process finds no controller')]);
  });

  it('take NATS and tracing from the environment', () => {
    const environment = { QUORATE_NATS_URL: 'n1,tls://u:p@n2:4333', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://jaeger:4317' };

    expect(loadClientConfig('gateway', { flags, environment })).toMatchObject({
      config: { natsServers: ['nats://n1:4222', 'tls://u:p@n2:4333'], otlpEndpoint: 'http://jaeger:4317' },
    });
  });

  it("share a file with other processes: the others' keys have no effect", () => {
    expect(warnings(loadClientConfig('gateway', { flags, file: { name: 'f', text: 'node.id=1\nbroker.session.timeout.ms=3000' } }))).toEqual(['without effect in this gateway: node.id, broker.session.timeout.ms']);
  });
});
