/**
 * Keys of Kafka's brokers and controllers (3.x and 4.x) that have no effect here: most belong to the data plane, which this
 * project does not have. They are accepted, so that a `server.properties` written for Kafka works, and named in one line
 * at start. Kafka's keys that do have an effect are in `key-definitions.ts`.
 */
export const KAFKA_KEYS_WITHOUT_EFFECT: ReadonlySet<string> = new Set(
  `
  add.partitions.to.txn.retry.backoff.max.ms add.partitions.to.txn.retry.backoff.ms alter.config.policy.class.name
  alter.log.dirs.replication.quota.window.num alter.log.dirs.replication.quota.window.size.seconds
  auto.create.topics.enable auto.include.jmx.reporter auto.leader.rebalance.enable background.threads
  broker.id.generation.enable client.quota.callback.class compression.gzip.level compression.lz4.level compression.type
  compression.zstd.level config.providers connection.failed.authentication.delay.ms connections.max.idle.ms
  connections.max.reauth.ms controlled.shutdown.enable controlled.shutdown.max.retries
  controlled.shutdown.retry.backoff.ms controller.performance.always.log.threshold.ms
  controller.performance.sample.period.ms controller.quorum.append.linger.ms
  controller.quorum.retry.backoff.ms controller.quota.window.num controller.quota.window.size.seconds
  controller.socket.timeout.ms cordoned.log.dirs create.topic.policy.class.name delegation.token.expiry.check.interval.ms
  delegation.token.expiry.time.ms delegation.token.master.key delegation.token.max.lifetime.ms delegation.token.secret.key
  delete.records.purgatory.purge.interval.requests
  fetch.max.bytes fetch.purgatory.purge.interval.requests group.consumer.assignors
  group.consumer.assignment.interval.ms group.consumer.heartbeat.interval.ms group.consumer.max.heartbeat.interval.ms
  group.consumer.max.session.timeout.ms group.consumer.max.size group.consumer.migration.policy
  group.consumer.min.heartbeat.interval.ms group.consumer.min.session.timeout.ms
  group.consumer.regex.refresh.interval.ms group.consumer.session.timeout.ms
  group.coordinator.append.linger.ms group.coordinator.background.threads group.coordinator.cached.buffer.max.bytes
  group.coordinator.new.enable group.coordinator.rebalance.protocols group.coordinator.threads
  group.initial.rebalance.delay.ms group.max.session.timeout.ms group.max.size group.min.session.timeout.ms
  group.share.assignors group.share.delivery.count.limit group.share.enable group.share.heartbeat.interval.ms
  group.share.max.groups group.share.max.heartbeat.interval.ms group.share.max.partition.max.record.locks
  group.share.max.record.lock.duration.ms group.share.max.session.timeout.ms group.share.max.share.sessions
  group.share.max.size group.share.min.heartbeat.interval.ms group.share.min.record.lock.duration.ms
  group.share.min.session.timeout.ms group.share.partition.max.record.locks group.share.persister.class.name
  group.share.record.lock.duration.ms group.share.session.timeout.ms group.streams.heartbeat.interval.ms
  group.streams.initial.rebalance.delay.ms group.streams.max.heartbeat.interval.ms group.streams.max.session.timeout.ms
  group.streams.max.size group.streams.max.standby.replicas group.streams.min.heartbeat.interval.ms
  group.streams.min.session.timeout.ms group.streams.num.standby.replicas group.streams.session.timeout.ms
  inter.broker.protocol.version kafka.metrics.polling.interval.secs kafka.metrics.reporters
  leader.imbalance.check.interval.seconds leader.imbalance.per.broker.percentage log.cleaner.backoff.ms
  log.cleaner.dedupe.buffer.size log.cleaner.delete.retention.ms log.cleaner.enable log.cleaner.io.buffer.load.factor
  log.cleaner.io.buffer.size log.cleaner.io.max.bytes.per.second log.cleaner.max.compaction.lag.ms
  log.cleaner.min.cleanable.ratio log.cleaner.min.compaction.lag.ms log.cleaner.threads log.cleanup.policy
  log.dir.failure.timeout.ms log.flush.interval.messages log.flush.interval.ms
  log.flush.offset.checkpoint.interval.ms log.flush.scheduler.interval.ms
  log.flush.start.offset.checkpoint.interval.ms log.index.interval.bytes log.index.size.max.bytes
  log.initial.task.delay.ms log.local.retention.bytes log.local.retention.ms log.message.downconversion.enable
  log.message.format.version log.message.timestamp.after.max.ms log.message.timestamp.before.max.ms
  log.message.timestamp.difference.max.ms log.message.timestamp.type log.preallocate log.retention.bytes
  log.retention.check.interval.ms log.retention.hours log.retention.minutes log.retention.ms log.roll.hours
  log.roll.jitter.hours log.roll.jitter.ms log.roll.ms log.segment.bytes log.segment.delete.delay.ms
  max.connection.creation.rate max.connections max.connections.per.ip max.connections.per.ip.overrides
  max.incremental.fetch.session.cache.slots max.request.partition.size.limit message.max.bytes
  metric.reporters metrics.num.samples metrics.recording.level
  metrics.sample.window.ms num.io.threads num.network.threads num.recovery.threads.per.data.dir
  num.replica.alter.log.dirs.threads num.replica.fetchers offset.metadata.max.bytes
  offsets.commit.required.acks offsets.commit.timeout.ms offsets.load.buffer.size
  offsets.retention.check.interval.ms offsets.retention.minutes offsets.topic.compression.codec
  offsets.topic.num.partitions offsets.topic.replication.factor offsets.topic.segment.bytes
  password.encoder.cipher.algorithm password.encoder.iterations password.encoder.key.length
  password.encoder.keyfactory.algorithm password.encoder.old.secret password.encoder.secret
  producer.id.expiration.check.interval.ms producer.id.expiration.ms producer.purgatory.purge.interval.requests
  queued.max.request.bytes queued.max.requests quota.window.num quota.window.size.seconds
  remote.fetch.max.wait.ms remote.list.offsets.request.timeout.ms remote.log.index.file.cache.total.size.bytes
  remote.log.manager.copier.thread.pool.size remote.log.manager.copy.max.bytes.per.second
  remote.log.manager.copy.quota.window.num remote.log.manager.copy.quota.window.size.seconds
  remote.log.manager.expiration.thread.pool.size remote.log.manager.fetch.max.bytes.per.second
  remote.log.manager.fetch.quota.window.num remote.log.manager.fetch.quota.window.size.seconds
  remote.log.manager.follower.thread.pool.size remote.log.manager.task.interval.ms
  remote.log.manager.task.retry.backoff.max.ms remote.log.manager.task.retry.backoff.ms
  remote.log.manager.task.retry.jitter remote.log.manager.thread.pool.size
  remote.log.metadata.custom.metadata.max.bytes remote.log.metadata.manager.class.name
  remote.log.metadata.manager.class.path remote.log.metadata.manager.impl.prefix
  remote.log.metadata.manager.listener.name remote.log.reader.max.pending.tasks remote.log.reader.threads
  remote.log.storage.manager.class.name remote.log.storage.manager.class.path
  remote.log.storage.manager.impl.prefix remote.log.storage.system.enable replica.fetch.backoff.ms
  replica.fetch.max.bytes replica.fetch.min.bytes replica.fetch.response.max.bytes replica.fetch.wait.max.ms
  replica.high.watermark.checkpoint.interval.ms replica.lag.time.max.ms replica.selector.class
  replica.socket.receive.buffer.bytes replica.socket.timeout.ms replication.quota.window.num
  replication.quota.window.size.seconds request.timeout.ms reserved.broker.max.id
  server.max.startup.time.ms share.coordinator.append.linger.ms share.coordinator.cold.partition.snapshot.interval.ms
  share.coordinator.load.buffer.size share.coordinator.snapshot.update.records.per.snapshot
  share.coordinator.state.topic.compression.codec share.coordinator.state.topic.min.isr
  share.coordinator.state.topic.num.partitions share.coordinator.state.topic.prune.interval.ms
  share.coordinator.state.topic.replication.factor share.coordinator.state.topic.segment.bytes
  share.coordinator.threads share.coordinator.write.timeout.ms share.fetch.purgatory.purge.interval.requests
  socket.connection.setup.timeout.max.ms socket.connection.setup.timeout.ms socket.listen.backlog.size
  socket.receive.buffer.bytes socket.request.max.bytes socket.send.buffer.bytes telemetry.max.bytes
  transaction.abort.timed.out.transaction.cleanup.interval.ms transaction.max.timeout.ms
  transaction.partition.verification.enable transaction.remove.expired.transaction.cleanup.interval.ms
  transaction.state.log.load.buffer.size transaction.state.log.min.isr transaction.state.log.num.partitions
  transaction.state.log.replication.factor transaction.state.log.segment.bytes
  transaction.two.phase.commit.enable transactional.id.expiration.ms unstable.api.versions.enable
  unstable.feature.versions.enable
  `
    .split(/\s+/)
    .filter((key) => key !== ''),
);

/** Keys by which Kafka authenticates, authorizes or encrypts. None of that exists here yet, so each is named at start. */
const SECURITY_KEYS: ReadonlySet<string> = new Set(
  `
  allow.everyone.if.no.acl.found authorizer.class.name early.start.listeners principal.builder.class
  security.inter.broker.protocol security.providers super.users
  `
    .split(/\s+/)
    .filter((key) => key !== ''),
);
const SECURITY_PREFIXES = ['ssl.', 'sasl.', 'listener.name.'];

/** Whether the key is one of Kafka's for security: accepted, but nothing is protected by it yet. */
export function isSecurityKey(key: string): boolean {
  return SECURITY_KEYS.has(key) || SECURITY_PREFIXES.some((prefix) => key.startsWith(prefix));
}

/** Whether Kafka knows the key and nothing here acts on it. */
export function isKafkaKeyWithoutEffect(key: string): boolean {
  return KAFKA_KEYS_WITHOUT_EFFECT.has(key) || isSecurityKey(key);
}

/** Keys of ZooKeeper's time: refused with a word of their own, since there is nothing for them to mean. */
export function isZooKeeperKey(key: string): boolean {
  return key.startsWith('zookeeper.');
}
