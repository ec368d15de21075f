import { uuidFromBytes, type BrokerEpoch, type MetadataRecordValues, type NodeId } from '@quorate/records';
import { requireThat } from '../errors.js';
import type { ReplayContext } from '../store.js';
import type { BrokerRow, FeatureRangeRow } from '../view.js';

/** Replaces the whole registration of the broker. */
export function replayRegisterBroker({ store, at, sink }: ReplayContext, record: MetadataRecordValues['RegisterBroker']): void {
  const id = record.brokerId as NodeId;
  const before = store.brokers.get(id);
  const after: BrokerRow = {
    id,
    epoch: record.brokerEpoch as BrokerEpoch,
    incarnationId: uuidFromBytes(record.incarnationId),
    endpoints: record.endpoints.map(({ name, host, port, securityProtocol }) => ({ name, host, port, securityProtocol })),
    features: record.features.map(featureRange),
    rack: record.rack,
    fenced: record.fenced,
    inControlledShutdown: record.inControlledShutdown,
    logDirs: record.logDirs.map(uuidFromBytes),
    cordonedLogDirs: record.cordonedLogDirs?.ids.map(uuidFromBytes),
    registrationOffset: at.offset,
  };
  store.brokers.put(id, after);
  sink?.({ kind: 'brokerRegistered', offset: at.offset, before, after });
}

/** Drops the registration; an unknown broker or another epoch is fatal. */
export function replayUnregisterBroker(context: ReplayContext, record: MetadataRecordValues['UnregisterBroker']): void {
  const before = registeredOrThrow(context, record.brokerId, record.brokerEpoch);
  context.store.brokers.remove(before.id);
  context.sink?.({ kind: 'brokerUnregistered', offset: context.at.offset, before });
}

/** Amends the registration; an unknown broker or another epoch is fatal. */
export function replayBrokerRegistrationChange(context: ReplayContext, record: MetadataRecordValues['BrokerRegistrationChange']): void {
  const before = registeredOrThrow(context, record.brokerId, record.brokerEpoch);
  putChanged(context, before, {
    ...before,
    fenced: fencedAfter(before, record.fenced),
    inControlledShutdown: before.inControlledShutdown || record.inControlledShutdown === 1,
    logDirs: record.logDirs.length > 0 ? record.logDirs.map(uuidFromBytes) : before.logDirs,
    cordonedLogDirs: record.cordonedLogDirs?.ids.map(uuidFromBytes) ?? before.cordonedLogDirs,
  });
}

/** Obsolete since metadata.version 3.3-IV3, still replayed. */
export function replayFenceBroker(context: ReplayContext, record: MetadataRecordValues['FenceBroker']): void {
  const before = registeredOrThrow(context, record.id, record.epoch);
  putChanged(context, before, { ...before, fenced: true });
}

/** Obsolete since metadata.version 3.3-IV3, still replayed. */
export function replayUnfenceBroker(context: ReplayContext, record: MetadataRecordValues['UnfenceBroker']): void {
  const before = registeredOrThrow(context, record.id, record.epoch);
  putChanged(context, before, { ...before, fenced: false });
}

/** Replaces the whole registration of the controller. */
export function replayRegisterController({ store, at, sink }: ReplayContext, record: MetadataRecordValues['RegisterController']): void {
  const id = record.controllerId as NodeId;
  const before = store.controllers.get(id);
  const after = {
    id,
    incarnationId: uuidFromBytes(record.incarnationId),
    zkMigrationReady: record.zkMigrationReady,
    endpoints: record.endpoints.map(({ name, host, port, securityProtocol }) => ({ name, host, port, securityProtocol })),
    features: record.features.map(featureRange),
  };
  store.controllers.put(id, after);
  sink?.({ kind: 'controllerRegistered', offset: at.offset, before, after });
}

/** Drops the registration, if there is one. */
export function replayUnregisterController({ store, at, sink }: ReplayContext, record: MetadataRecordValues['UnregisterController']): void {
  const before = store.controllers.get(record.controllerId as NodeId);
  if (before === undefined) return;
  store.controllers.remove(before.id);
  sink?.({ kind: 'controllerUnregistered', offset: at.offset, before });
}

/** Users met the epoch check after unclean power loss: replay must not go on over it. */
function registeredOrThrow({ store }: ReplayContext, id: number, epoch: number): BrokerRow {
  const broker = store.brokers.get(id as NodeId);
  requireThat(broker !== undefined, () => `broker ${id} is not registered`);
  requireThat(broker.epoch === epoch, () => `broker ${id} has epoch ${broker.epoch}, the record says ${epoch}`);
  return broker;
}

function putChanged({ store, at, sink }: ReplayContext, before: BrokerRow, after: BrokerRow): void {
  store.brokers.put(after.id, after);
  if (sink === undefined) return;
  const turned = after.fenced ? 'brokerFenced' : 'brokerUnfenced';
  sink({ kind: before.fenced === after.fenced ? 'brokerChanged' : turned, offset: at.offset, before, after });
}

function fencedAfter(before: BrokerRow, fenced: number | undefined): boolean {
  requireThat(fenced === undefined || (fenced >= -1 && fenced <= 1), () => `fenced is ${fenced}, which is none of -1, 0 and 1`);
  if (fenced === undefined || fenced === 0) return before.fenced;
  return fenced === 1;
}

function featureRange(range: { name: string; minSupportedVersion: number; maxSupportedVersion: number }): FeatureRangeRow {
  return { name: range.name, minSupported: range.minSupportedVersion, maxSupported: range.maxSupportedVersion };
}
