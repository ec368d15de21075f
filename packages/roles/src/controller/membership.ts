import type { CoreEvent, Endpoint, RaftCoreConfig, RaftStatus } from '@quorate/raft-core';
import { askQuorums, type QuorumAnswer } from '@quorate/rpc';
import { ProcessRefusal } from '../process/exit-codes.js';

/** So long the others may take to say what they belong to. */
const PATIENCE_MS = 1000;

/** This controller, as formatting made it. */
export interface FormattedSelf {
  readonly nodeId: number;
  readonly clusterId: string;
  readonly directoryId: string;
  readonly directory: string;
  /** It may follow without a vote: formatted to join, or its log says that it was a member before. */
  readonly mayObserve: boolean;
}

/**
 * Why this controller must not run beside those that answered, or undefined.
 *
 * - Most of them belong to another cluster: it was given the directory of one, or the addresses of the other.
 * - A quorum of its cluster has formed, and no one in it counts this node (id and directory id) as a voter: it was formatted
 *   with another `--initial-controllers`. With a list that names itself alone it would lead a second cluster of the same id.
 *
 * @param askedCount - how many were asked; those that are down have no say.
 */
export function whyRefused(self: FormattedSelf, answers: readonly QuorumAnswer[], askedCount: number): string | undefined {
  const foreign = answers.filter(({ clusterId }) => clusterId !== self.clusterId);
  if (foreign.length * 2 > askedCount) {
    return (
      `${foreign.map(({ endpoint, clusterId }) => `the controller at ${endpoint.host}:${endpoint.port} belongs to cluster ${clusterId}`).join(', ')}, but ${self.directory} belongs to cluster ${self.clusterId}. ` +
      'Name the right directory in metadata.log.dir, or correct controller.quorum.bootstrap.servers.'
    );
  }
  if (self.mayObserve) return undefined;
  const formed = answers.filter(({ clusterId, leaderId }) => clusterId === self.clusterId && leaderId !== undefined);
  const [first] = formed;
  if (first === undefined || formed.some(({ voters }) => voters.some(({ id, directoryId }) => id === self.nodeId && directoryId === self.directoryId))) return undefined;
  return notAVoter(self, first.voters, `according to the controller at ${first.endpoint.host}:${first.endpoint.port}`);
}

/** Why this controller must not go on, now that it has read in the log who the voters are; undefined when it is one of them. */
export function whyNotAVoter(self: FormattedSelf, status: Pick<RaftStatus, 'isVoter' | 'leaderId' | 'voters'>): string | undefined {
  if (self.mayObserve || status.isVoter || status.leaderId === undefined) return undefined;
  return notAVoter(self, status.voters, 'according to the log');
}

function notAVoter({ nodeId, clusterId, directoryId, directory }: FormattedSelf, voters: QuorumAnswer['voters'], source: string): string {
  const list = voters.map(({ id, directoryId: theirs }) => `${id} (directory id ${theirs})`).join(', ');
  return (
    `the voters of cluster ${clusterId} are ${list}, ${source}; node ${nodeId} with directory id ${directoryId} is not among them: ${directory} was formatted with another list of voters. ` +
    'If this node is new, move the directory aside and format it with the same --initial-controllers as the others. If its disk was lost, or it is to join now, format it with --no-initial-controllers, start it, and add it (`quorate quorum add-controller`).'
  );
}

/** The event of the Raft core that a peer calls this node a stranger. */
const FOREIGN_PEER = 'raft.peer.foreign';

/** Counts the voters that call this node a stranger. */
export class ForeignPeers {
  readonly #peers = new Set<unknown>();

  /** True when this event is the one with which they have become most of the voters. */
  heard(event: CoreEvent, voterCount: number): boolean {
    if (event.kind !== 'described' || event.name !== FOREIGN_PEER) return false;
    const before = this.#peers.size;
    this.#peers.add(event.attributes['peer']);
    return before * 2 <= voterCount && this.#peers.size * 2 > voterCount;
  }

  clear(): void {
    this.#peers.clear();
  }
}

/** Where the other controllers are: those that the voter set names, and the bootstrap servers. */
export function otherControllers({ self, bootstrapServers, voterSets }: Pick<RaftCoreConfig, 'self' | 'bootstrapServers' | 'voterSets'>): readonly Endpoint[] {
  const address = ({ host, port }: Endpoint): string => `${host}:${port}`;
  const own = new Set(self.endpoints.map(address));
  const known = [...(voterSets.at(-1)?.voters ?? []).flatMap(({ endpoints }) => endpoints.slice(0, 1)), ...bootstrapServers];
  return [...new Map(known.filter((endpoint) => !own.has(address(endpoint))).map((endpoint) => [address(endpoint), endpoint])).values()];
}

/** @throws ProcessRefusal (`refusedByCluster`) when the others belong to another cluster, or to a quorum without this node. */
export async function refuseStrangers(self: FormattedSelf, others: readonly Endpoint[]): Promise<void> {
  const why = whyRefused(self, await askQuorums(others, PATIENCE_MS), others.length);
  if (why !== undefined) throw new ProcessRefusal('refusedByCluster', why);
}
