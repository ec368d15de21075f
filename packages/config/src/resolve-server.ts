import type { NodeId } from '@quorate/records';
import { formatHostPort, type HostPort } from './endpoint.js';
import type { KeyValues } from './key-definitions.js';
import { resolveListeners, type Listener } from './listener-rules.js';
import type { ProcessRole } from './process-roles.js';
import type { BrokerSettings, ControllerSettings, MetadataLogConfig, RaftConfig, ServerConfig } from './quorate-config.js';
import { httpBeside, resolveCommon, valueOf, type ResolveContext } from './resolve-common.js';
import type { StaticVoter } from './voters.js';

/** Applies the rules that hold between keys of a controller or broker. What breaks them goes to `context.errors`. */
export function resolveServer(values: KeyValues, context: ResolveContext): ServerConfig {
  const { blame, errors } = context;
  const roles = rolesOf(values, context);
  const voters = values['controller.quorum.voters'] ?? [];
  const resolved = resolveListeners(values, roles, blame, errors);
  const first = resolved.listeners[0];
  const http = first === undefined ? undefined : httpBeside(first.port);
  checkStaticVoters(voters, roles, context);
  checkHeartbeat(values, context);
  return {
    program: 'server',
    roles,
    nodeId: nodeIdOf(values, roles, resolved.listeners, context),
    ...resolved,
    staticVoters: voters,
    ...directories(values, roles, context),
    raft: raftConfig(values),
    metadataLog: metadataLogConfig(values),
    controller: controllerSettings(values),
    broker: brokerSettings(values),
    ...resolveCommon(values, http && { listener: http, from: 'listeners' }, context),
  };
}

function rolesOf(values: KeyValues, { blame, errors }: ResolveContext): readonly ProcessRole[] {
  const roles = values['process.roles'];
  if (roles !== undefined) return roles;
  errors.push(blame('process.roles', 'it must say what this process is', 'add process.roles=controller, process.roles=broker, or process.roles=broker,controller'));
  return [];
}

function nodeIdOf(values: KeyValues, roles: readonly ProcessRole[], listeners: readonly Listener[], { blame, errors }: ResolveContext): NodeId {
  const voters = values['controller.quorum.voters'] ?? [];
  const id = values['node.id'];
  if (id === undefined) {
    errors.push(blame('node.id', 'every node has an id of its own', nodeIdToAdd(voters, listeners)));
    return 0 as NodeId;
  }
  const isVoter = voters.some((voter) => voter.id === id);
  if (roles.length > 0 && !roles.includes('controller') && isVoter) {
    errors.push(blame('node.id', `${id} is a controller in controller.quorum.voters, and this node is a broker alone`, otherIds(voters)));
  }
  if (roles.includes('controller') && voters.length > 0 && !isVoter) {
    errors.push(blame('node.id', `${id} is not among controller.quorum.voters`, voters.map((voter) => voter.id).join(', ')));
  }
  return id;
}

/** Names the ids whose endpoint is among this node's listeners: the file says already who this is. */
function nodeIdToAdd(voters: readonly StaticVoter[], listeners: readonly Listener[]): string {
  const own = voters.filter((voter) => listeners.some((listener) => isEndpointOf(voter, listener)));
  if (own.length > 0) {
    return `add ${own.map((voter) => `node.id=${voter.id} (controller.quorum.voters has it at ${formatHostPort(voter)})`).join(' or ')}`;
  }
  return voters.length > 0 ? `add node.id with ${otherIds(voters)}` : 'add node.id with a number that no other controller or broker has, such as node.id=1';
}

function isEndpointOf(voter: HostPort, listener: Listener): boolean {
  const same = (address: HostPort | undefined): boolean => address?.host === voter.host && address.port === voter.port;
  return same(listener) || same(listener.advertised);
}

function otherIds(voters: readonly StaticVoter[]): string {
  return `a number other than ${voters.map((voter) => voter.id).join(', ')}, which are controllers`;
}

// Forming a quorum from a static list, with the voters telling each other their directory ids, is not built yet.
function checkStaticVoters(voters: readonly StaticVoter[], roles: readonly ProcessRole[], { blame, errors }: ResolveContext): void {
  if (voters.length === 0 || !roles.includes('controller')) return;
  const servers = voters.map(formatHostPort).join(',');
  const controllers = voters.map((voter) => `${voter.id}@${formatHostPort(voter)}:<directory id>`).join(',');
  const how = voters.length === 1 ? '--standalone' : `--initial-controllers "${controllers}"`;
  errors.push(
    blame(
      'controller.quorum.voters',
      'a controller cannot be begun from a static voter list without directory ids yet',
      `format with \`quorate storage format ${how}\` and write controller.quorum.bootstrap.servers=${servers} in place of this line`,
    ),
  );
}

function checkHeartbeat(values: KeyValues, { blame, errors }: ResolveContext): void {
  const interval = valueOf(values, 'broker.heartbeat.interval.ms');
  const session = valueOf(values, 'broker.session.timeout.ms');
  if (interval < session || session === 0) return;
  errors.push(blame('broker.heartbeat.interval.ms', `it must be below broker.session.timeout.ms, which is ${session}`, `less than ${session}, a quarter of it at most is wise`));
}

function directories(values: KeyValues, roles: readonly ProcessRole[], { blame, errors, derived }: ResolveContext): Pick<ServerConfig, 'metadataLogDir' | 'logDirs'> {
  const logDirs = values['log.dirs'] ?? [];
  const metadataLogDir = values['metadata.log.dir'];
  const first = logDirs[0];
  if (metadataLogDir === undefined && first === undefined) {
    const key = roles.includes('broker') ? 'log.dirs' : 'metadata.log.dir';
    errors.push(blame(key, 'it must say where data is kept; there is no default', `add ${key}=<a directory on a disk that stays>`));
    return { metadataLogDir: '', logDirs: [] };
  }
  if (metadataLogDir === undefined) derived.set('metadata.log.dir', { value: first ?? '', source: { kind: 'derived', from: 'log.dirs' } });
  if (first === undefined) derived.set('log.dirs', { value: metadataLogDir ?? '', source: { kind: 'derived', from: 'metadata.log.dir' } });
  const dir = metadataLogDir ?? first ?? '';
  return { metadataLogDir: dir, logDirs: first === undefined ? [dir] : logDirs };
}

function raftConfig(values: KeyValues): RaftConfig {
  return {
    electionTimeoutMs: valueOf(values, 'controller.quorum.election.timeout.ms'),
    fetchTimeoutMs: valueOf(values, 'controller.quorum.fetch.timeout.ms'),
    electionBackoffMaxMs: valueOf(values, 'controller.quorum.election.backoff.max.ms'),
    requestTimeoutMs: valueOf(values, 'controller.quorum.request.timeout.ms'),
    leaderSilenceTimeoutMs: valueOf(values, 'controller.quorum.leader.silence.timeout.ms'),
    autoJoin: valueOf(values, 'controller.quorum.auto.join.enable'),
    leaderFlushLagMaxMs: valueOf(values, 'controller.quorum.leader.flush.lag.max.ms'),
    fetchMaxBytes: valueOf(values, 'controller.quorum.fetch.max.bytes'),
    fetchSnapshotMaxBytes: valueOf(values, 'controller.quorum.fetch.snapshot.max.bytes'),
  };
}

function metadataLogConfig(values: KeyValues): MetadataLogConfig {
  return {
    segmentBytes: values['internal.metadata.log.segment.bytes'] ?? valueOf(values, 'metadata.log.segment.bytes'),
    segmentMs: valueOf(values, 'metadata.log.segment.ms'),
    maxBatchBytes: valueOf(values, 'metadata.log.max.batch.bytes'),
    maxRetentionBytes: unlessBelow(0, valueOf(values, 'metadata.max.retention.bytes')),
    maxRetentionMs: unlessBelow(0, valueOf(values, 'metadata.max.retention.ms')),
    maxRecordBytesBetweenSnapshots: valueOf(values, 'metadata.log.max.record.bytes.between.snapshots'),
    maxSnapshotIntervalMs: unlessBelow(1, valueOf(values, 'metadata.log.max.snapshot.interval.ms')),
    maxRecordsBetweenSnapshots: unlessBelow(1, valueOf(values, 'metadata.log.max.records.between.snapshots')),
  };
}

function controllerSettings(values: KeyValues): ControllerSettings {
  return {
    sessionTimeoutMs: valueOf(values, 'broker.session.timeout.ms'),
    heartbeatIntervalMs: valueOf(values, 'broker.heartbeat.interval.ms'),
    numPartitions: valueOf(values, 'num.partitions'),
    defaultReplicationFactor: valueOf(values, 'default.replication.factor'),
    minInsyncReplicas: valueOf(values, 'min.insync.replicas'),
    uncleanLeaderElectionEnable: valueOf(values, 'unclean.leader.election.enable'),
    deleteTopicEnable: valueOf(values, 'delete.topic.enable'),
    maxIdleIntervalMs: unlessBelow(1, valueOf(values, 'metadata.max.idle.interval.ms')),
  };
}

function brokerSettings(values: KeyValues): BrokerSettings {
  return {
    heartbeatIntervalMs: valueOf(values, 'broker.heartbeat.interval.ms'),
    sessionTimeoutMs: valueOf(values, 'broker.session.timeout.ms'),
    registrationTimeoutMs: valueOf(values, 'initial.broker.registration.timeout.ms'),
    rack: values['broker.rack'],
  };
}

/** Kafka's −1 and 0 for "no limit" and "never" end here. */
function unlessBelow(limit: number, value: number): number | undefined {
  return value < limit ? undefined : value;
}
