import type { NodeId } from '@quorate/records';
import { voterSet, type CoreState } from './core-state.js';
import type { NodeEndpoints } from './replica-key.js';

const FIRST_BOOTSTRAP_ID = -2;

/** The next address to ask for a leader: the bootstrap servers in turn, from a random one on; without any, the other voters. */
export function nextDiscoveryAddress(core: CoreState): NodeEndpoints | undefined {
  const addresses = discoveryAddresses(core);
  if (addresses.length === 0) return undefined;
  core.discoveryTurn += 1;
  return addresses[core.discoveryTurn % addresses.length];
}

function discoveryAddresses(core: CoreState): readonly NodeEndpoints[] {
  const { bootstrapServers, self } = core.config;
  const servers = bootstrapServers
    .map((server, index): NodeEndpoints => ({ id: (FIRST_BOOTSTRAP_ID - index) as NodeId, endpoints: [server] }))
    .filter(({ endpoints }) => !endpoints.some((one) => self.endpoints.some((own) => own.host === one.host && own.port === one.port)));
  return servers.length > 0 ? servers : voterSet(core).others(core.self.id);
}
