import { MAX_WRITTEN_BATCH_BYTES } from '@quorate/records';
import { parseHttpListener, parseNatsServers, parseOtlpEndpoint } from './addresses.js';
import { parseAdvertisedListeners, parseBootstrapServers, parseHostPort, parseListeners } from './endpoint.js';
import { integer, nonEmpty, oneOf, parseBoolean, type KeyDefinition, type Program, type ValueOf } from './key-definition.js';
import { ok, splitList } from './parsed.js';
import { parseProcessRoles } from './process-roles.js';
import { parseSecurityProtocolMap } from './security-protocol-map.js';
import { parseNodeId, parseVoters } from './voters.js';

const SERVER: readonly Program[] = ['server'];
const ALL: readonly Program[] = ['server', 'gateway', 'exporter'];
const MAX_INT = 2 ** 31 - 1;
const MAX_LONG = Number.MAX_SAFE_INTEGER;
const MIB = 1024 * 1024;
const DAY_MS = 24 * 3600 * 1000;

const parseBindAddress = (text: string) => parseHostPort(text, 'allowed');
const upperCaseList = (text: string) => ok(splitList(text).map((name) => name.toUpperCase()));
const pathList = (text: string) => ok(splitList(text));

/** Every key that has an effect, with Kafka's name, type and default unless marked `ours`. */
export const KEY_DEFINITIONS = {
  'process.roles': {
    type: 'list', default: undefined, origin: 'kafka', programs: SERVER, parse: parseProcessRoles,
    doc: 'What this process is: controller, broker, or broker,controller.',
  },
  'node.id': {
    type: 'int', default: undefined, origin: 'kafka', programs: SERVER, parse: parseNodeId,
    doc: 'Id of this node, unique over controllers and brokers; must be the one it was formatted with.',
  },
  'cluster.id': {
    type: 'string', default: undefined, origin: 'ours', programs: ALL, parse: nonEmpty('the cluster id given to `quorate storage format`'),
    doc: 'Compared with the cluster id in meta.properties, and with what other nodes say.',
  },
  'listeners': {
    type: 'list', default: undefined, origin: 'kafka', programs: SERVER, parse: parseListeners,
    doc: 'NAME://host:port,… to listen on; each is one gRPC server. An empty host or 0.0.0.0 means all interfaces.',
  },
  'advertised.listeners': {
    type: 'list', default: undefined, origin: 'kafka', programs: SERVER, parse: parseAdvertisedListeners,
    doc: 'NAME://host:port,… told to others, where it differs from listeners.',
  },
  'controller.listener.names': {
    type: 'list', default: undefined, origin: 'kafka', programs: SERVER, parse: upperCaseList,
    doc: "Names of the listeners that carry the controller's services. A controller without a broker uses all of its listeners.",
  },
  'inter.broker.listener.name': {
    type: 'string', default: undefined, origin: 'kafka', programs: SERVER, parse: (text: string) => nonEmpty('a listener name')(text.toUpperCase()),
    doc: 'Name of the listener over which brokers reach each other; must be among listeners.',
  },
  'listener.security.protocol.map': {
    type: 'list', default: undefined, origin: 'kafka', programs: SERVER, parse: parseSecurityProtocolMap,
    doc: 'NAME:PROTOCOL,… for listeners whose name is no protocol. Only PLAINTEXT can be used yet.',
  },
  'controller.quorum.voters': {
    type: 'list', default: undefined, origin: 'kafka', programs: ALL, parse: parseVoters,
    doc: 'id@host:port,…: a static voter set. Brokers, gateway and exporter find the controllers by it; controllers refuse it for now.',
  },
  'controller.quorum.bootstrap.servers': {
    type: 'list', default: undefined, origin: 'kafka', programs: ALL, parse: parseBootstrapServers,
    doc: 'host:port,… of controllers that are asked who leads; any subset of them.',
  },
  'controller.quorum.election.timeout.ms': {
    type: 'int', default: '1000', origin: 'kafka', programs: SERVER, parse: integer(1, MAX_INT),
    doc: 'T: a voter that knows no leader waits a random time in [T, 2T) before it stands. Milliseconds.',
  },
  'controller.quorum.fetch.timeout.ms': {
    type: 'int', default: '2000', origin: 'kafka', programs: SERVER, parse: integer(1, MAX_INT),
    doc: "A follower's patience with its leader; a leader resigns when no majority fetched for 1.5 times this. Milliseconds.",
  },
  'controller.quorum.election.backoff.max.ms': {
    type: 'int', default: '1000', origin: 'kafka', programs: SERVER, parse: integer(0, MAX_INT),
    doc: 'Ceiling of the wait between lost rounds of an election. Milliseconds.',
  },
  'controller.quorum.request.timeout.ms': {
    type: 'int', default: '2000', origin: 'kafka', programs: ALL, parse: integer(1, MAX_INT),
    doc: 'How long an answer to a request between nodes is waited for. Milliseconds.',
  },
  'controller.quorum.leader.silence.timeout.ms': {
    type: 'int', default: '600', origin: 'ours', programs: SERVER, parse: integer(200, MAX_INT),
    doc: 'A leader from which nothing came for so long is not heard any more. A live one is never silent for more than 150. Milliseconds.',
  },
  'controller.quorum.auto.join.enable': {
    type: 'boolean', default: 'false', origin: 'kafka', programs: SERVER, parse: parseBoolean,
    doc: 'A controller that is no voter asks to be made one, and has the voter with its node id and another disk removed first. One that was removed by hand joins again: stop it first.',
  },
  'controller.quorum.leader.flush.lag.max.ms': {
    type: 'int', default: '500', origin: 'ours', programs: SERVER, parse: integer(50, MAX_INT),
    doc: 'A leader whose own disk lags behind what a majority has committed for so long hands its leadership over. Milliseconds.',
  },
  'controller.quorum.fetch.max.bytes': {
    type: 'int', default: String(MIB), origin: 'kafka', programs: SERVER, parse: integer(1, 8 * MIB),
    doc: 'Most bytes asked for in one Fetch; one batch always comes. Bytes.',
  },
  'controller.quorum.fetch.snapshot.max.bytes': {
    type: 'int', default: String(MIB), origin: 'kafka', programs: SERVER, parse: integer(1, 8 * MIB),
    doc: 'Size of the pieces in which a snapshot is fetched. Bytes.',
  },
  'log.dirs': {
    type: 'list', default: undefined, origin: 'kafka', programs: SERVER, parse: pathList,
    doc: 'Data directories of a broker. Has no default: nothing is kept under a temporary folder.',
  },
  'metadata.log.dir': {
    type: 'string', default: undefined, origin: 'kafka', programs: ALL, parse: nonEmpty('a directory'),
    doc: 'Directory of the metadata log; the first of log.dirs when absent.',
  },
  'metadata.log.segment.bytes': {
    type: 'int', default: String(1024 * MIB), origin: 'kafka', programs: SERVER, parse: integer(8 * MIB, MAX_INT),
    doc: 'Size at which a new segment of the metadata log begins. Bytes.',
  },
  'internal.metadata.log.segment.bytes': {
    type: 'int', default: undefined, origin: 'kafka', programs: SERVER, parse: integer(4096, MAX_INT),
    doc: 'For tests: like metadata.log.segment.bytes, and over it, but below 8 MiB too. Bytes.',
  },
  'metadata.log.segment.ms': {
    type: 'long', default: String(7 * DAY_MS), origin: 'kafka', programs: SERVER, parse: integer(1, MAX_LONG),
    doc: 'Age at which a new segment of the metadata log begins. Milliseconds.',
  },
  'metadata.max.retention.bytes': {
    type: 'long', default: String(100 * MIB), origin: 'kafka', programs: SERVER, parse: integer(-1, MAX_LONG),
    doc: 'Size of metadata log and snapshots above which old ones go; -1 = no limit. Bytes.',
  },
  'metadata.max.retention.ms': {
    type: 'long', default: String(7 * DAY_MS), origin: 'kafka', programs: SERVER, parse: integer(-1, MAX_LONG),
    doc: 'Age of a snapshot above which it goes once there is a newer one; -1 = no limit. Milliseconds.',
  },
  'metadata.log.max.record.bytes.between.snapshots': {
    type: 'long', default: String(20 * MIB), origin: 'kafka', programs: SERVER, parse: integer(1, MAX_LONG),
    doc: 'Bytes of new records after which a snapshot is made. Bytes.',
  },
  'metadata.log.max.snapshot.interval.ms': {
    type: 'long', default: String(3600 * 1000), origin: 'kafka', programs: SERVER, parse: integer(0, MAX_LONG),
    doc: 'Time after which a snapshot is made when there are new records; 0 = never by time. Milliseconds.',
  },
  'metadata.log.max.records.between.snapshots': {
    type: 'long', default: '0', origin: 'ours', programs: SERVER, parse: integer(0, MAX_LONG),
    doc: 'Number of new records after which a snapshot is made; 0 = never by number. 1000000 is a common choice.',
  },
  'metadata.log.max.batch.bytes': {
    type: 'int', default: String(MAX_WRITTEN_BATCH_BYTES), origin: 'ours', programs: SERVER, parse: integer(16_384, MAX_WRITTEN_BATCH_BYTES),
    doc: 'Largest batch that the controller writes; more becomes a metadata transaction. Bytes.',
  },
  'metadata.max.idle.interval.ms': {
    type: 'int', default: '500', origin: 'kafka', programs: SERVER, parse: integer(0, MAX_INT),
    doc: 'An idle active controller writes a NoOp record so often; 0 = never. Milliseconds.',
  },
  'broker.session.timeout.ms': {
    type: 'int', default: '9000', origin: 'kafka', programs: SERVER, parse: integer(1, MAX_INT),
    doc: 'A broker not heard of for so long is fenced. Milliseconds.',
  },
  'broker.heartbeat.interval.ms': {
    type: 'int', default: '2000', origin: 'kafka', programs: SERVER, parse: integer(1, MAX_INT),
    doc: 'How often a broker sends a heartbeat. Milliseconds.',
  },
  'initial.broker.registration.timeout.ms': {
    type: 'int', default: '60000', origin: 'kafka', programs: SERVER, parse: integer(0, MAX_INT),
    doc: 'A broker that could not register within this time exits. Milliseconds.',
  },
  'broker.rack': {
    type: 'string', default: undefined, origin: 'kafka', programs: SERVER, parse: (text: string) => ok(text),
    doc: 'Rack of this broker, over which replicas are spread.',
  },
  'num.partitions': {
    type: 'int', default: '1', origin: 'kafka', programs: SERVER, parse: integer(1, MAX_INT),
    doc: 'Partitions of a topic created without a number.',
  },
  'default.replication.factor': {
    type: 'int', default: '1', origin: 'kafka', programs: SERVER, parse: integer(1, 32_767),
    doc: 'Replicas of a partition created without a number.',
  },
  'min.insync.replicas': {
    type: 'int', default: '1', origin: 'kafka', programs: SERVER, parse: integer(1, MAX_INT),
    doc: 'In-sync replicas below which a partition counts as under its minimum, where no topic or cluster value is set.',
  },
  'unclean.leader.election.enable': {
    type: 'boolean', default: 'false', origin: 'kafka', programs: SERVER, parse: parseBoolean,
    doc: 'Whether a replica outside the ISR may lead when no other can, where no topic or cluster value is set.',
  },
  'delete.topic.enable': {
    type: 'boolean', default: 'true', origin: 'kafka', programs: SERVER, parse: parseBoolean,
    doc: 'Whether topics can be deleted.',
  },
  'shutdown.grace.ms': {
    type: 'int', default: '5000', origin: 'ours', programs: ALL, parse: integer(0, MAX_INT),
    doc: 'How long a stopping process hands over and finishes what it accepted before it ends. Milliseconds.',
  },
  'gateway.listener': {
    type: 'string', default: '127.0.0.1:19000', origin: 'ours', programs: ['gateway'], parse: parseBindAddress,
    doc: 'host:port on which the gateway serves gRPC. An empty host or 0.0.0.0 means all interfaces.',
  },
  'exporter.listener': {
    type: 'string', default: '127.0.0.1:19010', origin: 'ours', programs: ['exporter'], parse: parseBindAddress,
    doc: 'host:port on which the exporter serves gRPC health and reflection.',
  },
  'nats.servers': {
    type: 'list', default: undefined, origin: 'ours', programs: ALL, parse: parseNatsServers,
    doc: 'nats://host:port,… of the change feed; without it changes spread over gRPC alone. Also QUORATE_NATS_URL.',
  },
  'http.listener': {
    type: 'string', default: undefined, origin: 'ours', programs: ALL, parse: parseHttpListener,
    doc: 'host:port for /metrics and /healthz; default: loopback, port of the first listener + 100 (exporter: 9464); empty = off.',
  },
  'log.level': {
    type: 'string', default: 'info', origin: 'ours', programs: ALL, parse: oneOf(['trace', 'debug', 'info', 'warn', 'error']),
    doc: 'Least level of the lines that are logged: trace, debug, info, warn or error.',
  },
  'otel.exporter.otlp.endpoint': {
    type: 'string', default: undefined, origin: 'ours', programs: ALL, parse: parseOtlpEndpoint,
    doc: 'URL to which traces go over OTLP; without it tracing is off. Also OTEL_EXPORTER_OTLP_ENDPOINT.',
  },
} as const satisfies Record<string, KeyDefinition<unknown>>;

/** A key that has an effect. */
export type KnownKey = keyof typeof KEY_DEFINITIONS;

/** The values of all keys; undefined where a key is absent and has no default. */
export type KeyValues = { readonly [K in KnownKey]: ValueOf<(typeof KEY_DEFINITIONS)[K]> | undefined };

/** Whether the key has an effect. */
export function isKnownKey(key: string): key is KnownKey {
  return Object.hasOwn(KEY_DEFINITIONS, key);
}

/** Other spellings that are read as a key, and whether that deserves a warning. */
export const ALIASES: Readonly<Record<string, { readonly key: KnownKey; readonly isMistake: boolean }>> = {
  'controller.listener.security.protocol.map': { key: 'listener.security.protocol.map', isMistake: true },
  'broker.id': { key: 'node.id', isMistake: false },
  'log.dir': { key: 'log.dirs', isMistake: false },
};
