import type { MetadataRecord } from '@quorate/records';
import type { ActivateCommand, ActivateReply, Decision } from './command.js';
import type { DecisionState } from './decision-state.js';
import { ELR_VERSION, METADATA_VERSION, SINCE } from './metadata-version.js';
import { CONFIG_RESOURCE } from './topics/topic-settings.js';

/**
 * What a new active controller writes first: bootstrap records on an empty log; the end of a metadata
 * transaction that its predecessor left open; else nothing.
 *
 * A predecessor that fell while bootstrapping leaves an open transaction and no feature level: then the transaction is
 * aborted and bootstrap done again, or the cluster would stay at the lowest metadata.version for ever (KAFKA-20839). The
 * view must show the last stable state, before the open transaction.
 *
 * @throws when a transaction is open though the finalized metadata.version knows none: the log contradicts itself.
 */
export function decideActivate(command: ActivateCommand, state: DecisionState): Decision<ActivateReply> {
  const level = state.view.featureLevel(METADATA_VERSION);
  const mustBootstrap = command.logIsEmpty || (command.transactionOpen && level === undefined);
  if (command.transactionOpen && level !== undefined && level < SINCE.transactions) {
    throw new Error(`a metadata transaction is open, but metadata.version ${level} knows no transactions`);
  }
  const abort = command.transactionOpen ? [abortRecord('Controller failover')] : [];
  const bootstrap = mustBootstrap ? bootstrapRecords(command, state) : [];
  return {
    records: [...abort, ...bootstrap],
    reply: { kind: 'activate', summary: summaryOf(command, bootstrap.length) },
    outcomes: [],
    atomic: true,
  };
}

function bootstrapRecords(command: ActivateCommand, { config }: DecisionState): MetadataRecord[] {
  const asked = command.bootstrapRecords;
  const levels = new Map(asked.flatMap((record) => (record.kind === 'FeatureLevel' ? [[record.value.name, record.value.featureLevel] as const] : [])));
  const metadataVersion = levels.get(METADATA_VERSION);
  const records = [...asked];
  if (metadataVersion === undefined) records.unshift(featureLevelRecord(METADATA_VERSION, config.bootstrapMetadataVersion));
  if ((levels.get(ELR_VERSION) ?? 0) > 0) records.push(clusterMinIsrRecord(config.minInsyncReplicas));
  return (metadataVersion ?? config.bootstrapMetadataVersion) < SINCE.transactions ? records : inTransaction('Bootstrap records', records);
}

function inTransaction(name: string, records: readonly MetadataRecord[]): MetadataRecord[] {
  return [{ kind: 'BeginTransaction', version: 0, value: { name } }, ...records, { kind: 'EndTransaction', version: 0, value: {} }];
}

function abortRecord(reason: string): MetadataRecord {
  return { kind: 'AbortTransaction', version: 0, value: { reason } };
}

function featureLevelRecord(name: string, featureLevel: number): MetadataRecord {
  return { kind: 'FeatureLevel', version: 0, value: { name, featureLevel } };
}

/** With ELR on, the cluster's value stands in the log, where every controller reads the same one. */
function clusterMinIsrRecord(minInsyncReplicas: number): MetadataRecord {
  const value = String(minInsyncReplicas);
  return { kind: 'Config', version: 0, value: { resourceType: CONFIG_RESOURCE.BROKER, resourceName: '', name: 'min.insync.replicas', value } };
}

function summaryOf({ transactionOpen }: ActivateCommand, bootstrapCount: number): string {
  const aborted = transactionOpen ? ['aborted the metadata transaction that the last controller left open'] : [];
  const bootstrapped = bootstrapCount > 0 ? [`wrote ${bootstrapCount} bootstrap records`] : [];
  const done = [...aborted, ...bootstrapped];
  return done.length === 0 ? 'nothing to write' : done.join(' and ');
}
