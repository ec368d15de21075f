import { uuidToBytes, type MetadataRecord, type NodeId } from '@quorate/records';
import type { RowDigest } from '../columns/row-digest.js';
import type { BrokerRow, ControllerRow, EndpointRow, FeatureRangeRow } from '../view.js';
import type { RecordVersions } from '../record-versions.js';

/** Without the registration's offset: a snapshot has no place for it, and equal images must sum up equally. */
export function digestBroker(digest: RowDigest, id: NodeId, broker: BrokerRow): void {
  digest.number(id).number(broker.epoch).text(broker.incarnationId).optionalText(broker.rack);
  digest.word(broker.fenced ? 1 : 0).word(broker.inControlledShutdown ? 1 : 0);
  digestEndpoints(digest, broker.endpoints);
  digestFeatureRanges(digest, broker.features);
  digestTexts(digest, broker.logDirs);
  if (broker.cordonedLogDirs === undefined) digest.word(0);
  else digestTexts(digest.word(1), broker.cordonedLogDirs);
}

export function digestController(digest: RowDigest, id: NodeId, controller: ControllerRow): void {
  digest.number(id).text(controller.incarnationId).word(controller.zkMigrationReady ? 1 : 0);
  digestEndpoints(digest, controller.endpoints);
  digestFeatureRanges(digest, controller.features);
}

export function* brokerRecords(brokers: Iterable<BrokerRow>, versions: RecordVersions): Generator<MetadataRecord> {
  for (const broker of brokers) {
    yield {
      kind: 'RegisterBroker',
      version: versions.registerBroker(broker),
      value: {
        brokerId: broker.id,
        incarnationId: uuidToBytes(broker.incarnationId),
        brokerEpoch: broker.epoch,
        endpoints: broker.endpoints.map((endpoint) => ({ ...endpoint })),
        features: featureRangesOf(broker.features),
        rack: broker.rack,
        fenced: broker.fenced,
        inControlledShutdown: broker.inControlledShutdown,
        isMigratingZkBroker: false,
        logDirs: broker.logDirs.map(uuidToBytes),
        cordonedLogDirs: broker.cordonedLogDirs && { ids: broker.cordonedLogDirs.map(uuidToBytes) },
      },
    };
  }
}

export function* controllerRecords(controllers: Iterable<ControllerRow>): Generator<MetadataRecord> {
  for (const controller of controllers) {
    yield {
      kind: 'RegisterController',
      version: 0,
      value: {
        controllerId: controller.id,
        incarnationId: uuidToBytes(controller.incarnationId),
        zkMigrationReady: controller.zkMigrationReady,
        endpoints: controller.endpoints.map((endpoint) => ({ ...endpoint })),
        features: featureRangesOf(controller.features),
      },
    };
  }
}

interface FeatureRangeMessage {
  name: string;
  minSupportedVersion: number;
  maxSupportedVersion: number;
}

function featureRangesOf(features: readonly FeatureRangeRow[]): FeatureRangeMessage[] {
  return features.map(({ name, minSupported, maxSupported }) => ({
    name,
    minSupportedVersion: minSupported,
    maxSupportedVersion: maxSupported,
  }));
}

function digestEndpoints(digest: RowDigest, endpoints: readonly EndpointRow[]): void {
  digest.word(endpoints.length);
  for (const { name, host, port, securityProtocol } of endpoints) digest.text(name).text(host).word(port).word(securityProtocol);
}

function digestFeatureRanges(digest: RowDigest, features: readonly FeatureRangeRow[]): void {
  digest.word(features.length);
  for (const { name, minSupported, maxSupported } of features) digest.text(name).word(minSupported).word(maxSupported);
}

function digestTexts(digest: RowDigest, texts: readonly string[]): void {
  digest.word(texts.length);
  for (const text of texts) digest.text(text);
}
