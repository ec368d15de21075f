import type { BrokerEpoch, NodeId } from '@quorate/records';
import type { BrokerRow } from '@quorate/metadata-image';
import type { ItemError } from '../command.js';
import { refusal } from '../errors.js';

/** Why a request in the name of a registered broker is refused, or undefined: it must name the present registration. */
export function refuseBrokerEpoch(
  { brokerId, brokerEpoch }: { readonly brokerId: NodeId; readonly brokerEpoch: BrokerEpoch },
  broker: BrokerRow | undefined,
): ItemError | undefined {
  if (broker === undefined) return refusal('BROKER_ID_NOT_REGISTERED', `Broker ${brokerId} is not registered.`);
  if (broker.epoch === brokerEpoch) return undefined;
  return refusal('STALE_BROKER_EPOCH', `Broker ${brokerId} is registered with epoch ${broker.epoch}, the request came with epoch ${brokerEpoch}.`);
}
