import { uuidToBytes } from '@quorate/records';
import type { BrokerEpoch, MetadataRecord } from '@quorate/records';
import type { BrokerRow } from '@quorate/metadata-image';
import type { DecideContext, Decision, ItemError, RegisterBrokerCommand, RegisterBrokerReply } from '../command.js';
import type { DecisionState } from '../decision-state.js';
import { NO_ERROR, outcomeOf } from '../errors.js';
import { directorySweepRecords } from './failed-directories.js';
import { leaderAndIsrChanges, partitionsDependingOn } from './leader-and-isr.js';
import { refuseRegistration } from './registration-rules.js';

/**
 * Registers a broker. A new incarnation gets a new epoch, the next write offset, and starts fenced; what its previous life
 * led or had in sync is cleaned up first, and the registration comes last, so that a decision cut short is harmless. The
 * same incarnation only amends its registration: epoch, fencing and controlled shutdown stay.
 */
export function decideRegisterBroker(command: RegisterBrokerCommand, state: DecisionState, context: DecideContext): Decision<RegisterBrokerReply> {
  const refused = refuseRegistration(command, state, context);
  if (refused !== undefined) return decision([], refused, undefined);

  const present = state.view.broker(command.brokerId);
  if (present?.incarnationId === command.incarnationId) {
    const records = [...lostDirectoryRecords(command, present, state), registrationRecord(command, present, state)];
    return decision(records, NO_ERROR, present.epoch);
  }
  const epoch = context.nextOffset as number as BrokerEpoch;
  const cleanUp = present === undefined ? [] : previousLifeRecords(command, present, state);
  const fresh = { epoch, fenced: true, inControlledShutdown: false };
  return decision([...cleanUp, registrationRecord(command, fresh, state)], NO_ERROR, epoch);
}

/** What it had in directories that it does not list any more: no heartbeat would name them as failed, once they are forgotten. */
function lostDirectoryRecords({ logDirs }: RegisterBrokerCommand, present: BrokerRow, state: DecisionState): MetadataRecord[] {
  const lost = state.features.hasDirectories ? present.logDirs.filter((directory) => !logDirs.includes(directory)) : [];
  return lost.length === 0 ? [] : directorySweepRecords(present, lost, state);
}

/**
 * With ELR on, a broker that cannot name the epoch of its last life did not shut down cleanly: what it had not flushed is
 * gone, so it may not lead by what it once had (KIP-966). Otherwise its partitions see it as fenced.
 */
function previousLifeRecords({ brokerId, previousBrokerEpoch }: RegisterBrokerCommand, present: BrokerRow, state: DecisionState): MetadataRecord[] {
  const unclean = state.features.hasElr && previousBrokerEpoch !== present.epoch;
  return leaderAndIsrChanges(partitionsDependingOn(brokerId, state), { leaving: brokerId, unclean }, state);
}

function registrationRecord(
  command: RegisterBrokerCommand,
  kept: { readonly epoch: BrokerEpoch; readonly fenced: boolean; readonly inControlledShutdown: boolean },
  { features }: DecisionState,
): MetadataRecord {
  return {
    kind: 'RegisterBroker',
    version: features.versions.RegisterBroker,
    value: {
      brokerId: command.brokerId,
      incarnationId: uuidToBytes(command.incarnationId),
      brokerEpoch: kept.epoch,
      endpoints: command.endpoints.map((endpoint) => ({ ...endpoint })),
      features: command.features.map(({ name, minSupported, maxSupported }) => ({
        name,
        minSupportedVersion: minSupported,
        maxSupportedVersion: maxSupported,
      })),
      ...(command.rack === undefined ? {} : { rack: command.rack }),
      fenced: kept.fenced,
      inControlledShutdown: kept.inControlledShutdown,
      isMigratingZkBroker: false,
      logDirs: features.hasDirectories ? command.logDirs.map(uuidToBytes) : [],
    },
  };
}

function decision(records: readonly MetadataRecord[], error: ItemError, brokerEpoch: BrokerEpoch | undefined): Decision<RegisterBrokerReply> {
  return { records, reply: { kind: 'registerBroker', ...error, brokerEpoch }, outcomes: [outcomeOf(error)], atomic: false };
}
