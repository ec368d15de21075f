import type { MetadataRecord, Uuid } from '@quorate/records';
import type { BrokerRow } from '@quorate/metadata-image';
import type { DecideContext, Decision, ExpireSessionsCommand, ExpireSessionsReply } from '../command.js';
import type { DecisionState } from '../decision-state.js';
import { leaderAndIsrChanges, leaderlessPartitionsOf, partitionsDependingOn } from './leader-and-isr.js';
import { registrationChangeRecord } from './registration-change.js';

/** Fences one broker whose session is over, the longest silent first; one for each decision keeps batches small. */
export function decideExpireSessions(_command: ExpireSessionsCommand, state: DecisionState, { nowMs }: DecideContext): Decision<ExpireSessionsReply> {
  const overdue = state.sessions.expired(nowMs).flatMap((id) => {
    const broker = state.view.broker(id);
    return broker === undefined ? [] : [broker];
  });
  const [broker] = overdue;
  return {
    records: broker === undefined ? [] : fencingRecords(broker, state),
    reply: { kind: 'expireSessions', fencedBrokerId: broker?.id, more: overdue.length > 1 },
    outcomes: [],
    atomic: false,
  };
}

/** The broker leaves ISRs and leaderships, then is marked fenced: cut short in between, it is merely fenced again later. */
export function fencingRecords(broker: BrokerRow, state: DecisionState): MetadataRecord[] {
  const records = leaderAndIsrChanges(partitionsDependingOn(broker.id, state), { leaving: broker.id }, state);
  records.push(registrationChangeRecord(broker, { fenced: true }, state.features));
  return records;
}

/** The mark comes first here: nobody may lead who is still fenced. */
export function unfencingRecords(broker: BrokerRow, failedDirectories: readonly Uuid[], state: DecisionState): MetadataRecord[] {
  const elections = leaderAndIsrChanges(leaderlessPartitionsOf(broker.id, state), { returning: broker.id, failedDirectories }, state);
  return [registrationChangeRecord(broker, { fenced: false }, state.features), ...elections];
}

/** Marked first, so that it joins no ISR again, then leaderships and ISR places move (KIP-841). */
export function controlledShutdownRecords(broker: BrokerRow, state: DecisionState): MetadataRecord[] {
  const moves = leaderAndIsrChanges(partitionsDependingOn(broker.id, state), { leaving: broker.id }, state);
  return [registrationChangeRecord(broker, { entersControlledShutdown: true }, state.features), ...moves];
}
