import type { MetadataRecord } from '@quorate/records';
import type { Decision, ItemError, UnregisterBrokerCommand, UnregisterBrokerReply } from '../command.js';
import type { DecisionState } from '../decision-state.js';
import { NO_ERROR, outcomeOf, refusal } from '../errors.js';
import { leaderAndIsrChanges, partitionsDependingOn } from './leader-and-isr.js';

/** Takes the broker out of every ISR and of the eligible leaders, then forgets its registration. Its replicas stay assigned. */
export function decideUnregisterBroker({ brokerId, validateOnly }: UnregisterBrokerCommand, state: DecisionState): Decision<UnregisterBrokerReply> {
  const broker = state.view.broker(brokerId);
  if (broker === undefined) return decision([], refusal('BROKER_ID_NOT_REGISTERED', `Broker ${brokerId} is not registered.`));
  if (validateOnly) return decision([], NO_ERROR);
  const records = leaderAndIsrChanges(partitionsDependingOn(brokerId, state), { leaving: brokerId, unclean: true }, state);
  records.push({ kind: 'UnregisterBroker', version: 0, value: { brokerId, brokerEpoch: broker.epoch } });
  return decision(records, NO_ERROR);
}

function decision(records: readonly MetadataRecord[], error: ItemError): Decision<UnregisterBrokerReply> {
  return { records, reply: { kind: 'unregisterBroker', ...error }, outcomes: [outcomeOf(error)], atomic: false };
}
