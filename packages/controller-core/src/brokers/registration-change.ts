import { uuidToBytes } from '@quorate/records';
import type { MetadataRecord, Uuid } from '@quorate/records';
import type { BrokerRow } from '@quorate/metadata-image';
import type { FeatureRules } from '../metadata-version.js';

/** What changes in a registration; all that is left out stays. */
export interface RegistrationChange {
  readonly fenced?: boolean;
  /** Controlled shutdown begins; it ends only with the incarnation (KIP-841). */
  readonly entersControlledShutdown?: true;
  /** All directories now online; never empty, for empty reads as unchanged. */
  readonly logDirs?: readonly Uuid[];
}

const FENCE = 1;
const UNFENCE = -1;
const ENTER = 1;

export function registrationChangeRecord(broker: BrokerRow, change: RegistrationChange, { versions }: FeatureRules): MetadataRecord {
  return {
    kind: 'BrokerRegistrationChange',
    version: versions.BrokerRegistrationChange,
    value: {
      brokerId: broker.id,
      brokerEpoch: broker.epoch,
      ...(change.fenced === undefined ? {} : { fenced: change.fenced ? FENCE : UNFENCE }),
      ...(change.entersControlledShutdown === undefined ? {} : { inControlledShutdown: ENTER }),
      logDirs: (change.logDirs ?? []).map(uuidToBytes),
    },
  };
}
