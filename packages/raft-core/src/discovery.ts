import type { NodeId } from '@quorate/records';
import { voterSet, type CoreState } from './core-state.js';
import type { Endpoint } from './replica-key.js';

/** An address that may know who leads. */
export interface DiscoveryAddress {
  /** Of a voter, or −2, −3 … for a bootstrap server, whose node id is not known (KRaft's convention). */
  readonly id: NodeId;
  readonly endpoints: readonly Endpoint[];
}

const FIRST_BOOTSTRAP_ID = -2;

/** The next address to ask for a leader: the bootstrap servers in turn, from a random one on; without any, the other voters. */
export function nextDiscoveryAddress(core: CoreState): DiscoveryAddress | undefined {
  const addresses = discoveryAddresses(core);
  if (addresses.length === 0) return undefined;
  core.discoveryTurn += 1;
  return addresses[core.discoveryTurn % addresses.length];
}

function discoveryAddresses(core: CoreState): readonly DiscoveryAddress[] {
  const { bootstrapServers, self } = core.config;
  const servers = bootstrapServers
    .map((server, index): DiscoveryAddress => ({ id: (FIRST_BOOTSTRAP_ID - index) as NodeId, endpoints: [server] }))
    .filter(({ endpoints }) => !endpoints.some((one) => self.endpoints.some((own) => own.host === one.host && own.port === one.port)));
  return servers.length > 0 ? servers : voterSet(core).others(core.self.id);
}
