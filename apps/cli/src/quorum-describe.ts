import type { DescribeQuorumResponse, QuorumReplica, QuorumVoter } from '@quorate/records/gen/quorate/admin/v1/quorum';
import { CommandError, succeed, type CliCommand } from './command.js';
import { CONNECTION_FLAGS, CONNECTION_USAGE, withQuorum } from './quorum-connection.js';
import { readFlags } from './read-flags.js';

const USAGE = `quorate quorum describe ${CONNECTION_USAGE} --status | --replication [--human-readable]`;
const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA';
/** As in the protobuf enum. */
const STATUS_NAME: Readonly<Record<number, string>> = { 1: 'Leader', 2: 'Follower', 3: 'Observer' };

/** Who leads, who votes, who is how far (kafka-metadata-quorum describe). */
export const quorumDescribe: CliCommand = {
  name: 'quorum describe',
  usage: USAGE,
  summary: 'shows leader, epoch, voters and observers, or how far each replica is',
  run: async (args) => {
    const flags = readFlags(args, USAGE, { ...CONNECTION_FLAGS, status: { type: 'boolean' }, replication: { type: 'boolean' }, 'human-readable': { type: 'boolean' } });
    if ((flags.status === true) === (flags.replication === true)) throw new CommandError(`one of --status and --replication is needed\nUsage: ${USAGE}`);
    if (flags.status === true && flags['human-readable'] === true) throw new CommandError(`--human-readable goes with --replication\nUsage: ${USAGE}`);
    const described = await withQuorum(flags, USAGE, (quorum) => quorum.describe());
    return succeed(flags.status === true ? statusLines(described) : replicationLines(described, flags['human-readable'] === true));
  },
};

/** One line a fact; the committed voters only while they are not those in force. */
export function statusLines(described: DescribeQuorumResponse): string[] {
  const { clusterId, leaderId, leaderEpoch, highWatermark, maxFollowerLag, maxFollowerLagTimeMs, voters, observers, committedVoters } = described;
  const inForce = voters.map(memberOf);
  const committed = committedVoters.map(voterOf);
  const isCommitted = keys(inForce) === keys(committed);
  const facts: [string, string][] = [
    ['ClusterId', clusterId],
    ['LeaderId', String(leaderId ?? -1)],
    ['LeaderEpoch', String(leaderEpoch)],
    ['HighWatermark', String(highWatermark ?? -1)],
    ['MaxFollowerLag', String(maxFollowerLag ?? -1)],
    ['MaxFollowerLagTimeMs', String(Math.round(maxFollowerLagTimeMs ?? -1))],
    ['CurrentVoters', list(inForce)],
    ...(isCommitted ? [] : [['CommittedVoters', list(committed)] as [string, string]]),
    ['CurrentObservers', list(observers.map(memberOf))],
  ];
  return facts.map(([name, value]) => `${`${name}:`.padEnd(23)} ${value}`);
}

interface Member {
  readonly id: number;
  readonly directoryId: string;
  readonly endpoints: readonly string[];
}

const endpoint = ({ name, host, port }: { readonly name: string; readonly host: string; readonly port: number }): string => `${name}://${host.includes(':') ? `[${host}]` : host}:${port}`;
const memberOf = ({ replicaId, directoryId, listeners }: QuorumReplica): Member => ({ id: replicaId, directoryId, endpoints: listeners.map(endpoint) });
const voterOf = ({ voterId, directoryId, listeners }: QuorumVoter): Member => ({ id: voterId, directoryId, endpoints: listeners.map(endpoint) });
const keys = (members: readonly Member[]): string => members.map(({ id, directoryId }) => `${id}/${directoryId}`).join(' ');

/** As JSON; what is not known is left out. */
function list(members: readonly Member[]): string {
  const parts = members.map(({ id, directoryId, endpoints }) => {
    const fields = [`"id": ${id}`];
    if (directoryId !== '' && directoryId !== ZERO_UUID) fields.push(`"directoryId": ${JSON.stringify(directoryId)}`);
    if (endpoints.length > 0) fields.push(`"endpoints": [${endpoints.map((one) => JSON.stringify(one)).join(', ')}]`);
    return `{${fields.join(', ')}}`;
  });
  return `[${parts.join(', ')}]`;
}

/** A table: leader, followers, observers. Times by the clock of the controller that answered; -1 what is not known. */
export function replicationLines({ voters, observers, answeredAt }: DescribeQuorumResponse, isForPeople: boolean): string[] {
  const nowMs = (answeredAt?.seconds ?? 0) * 1000 + Math.floor((answeredAt?.nanos ?? 0) / 1e6);
  const time = (ageMs: number | undefined): string => (ageMs === undefined ? '-1' : isForPeople ? `${Math.round(ageMs)} ms ago` : String(Math.round(nowMs - ageMs)));
  const rows = [...voters, ...observers]
    .sort((a, b) => a.status - b.status || a.replicaId - b.replicaId)
    .map((replica) => [
      String(replica.replicaId),
      replica.directoryId === '' ? ZERO_UUID : replica.directoryId,
      String(replica.logEndOffset ?? -1),
      String(replica.lag ?? -1),
      time(replica.lastFetchAgeMs),
      time(replica.lastCaughtUpAgeMs),
      STATUS_NAME[replica.status] ?? 'Unknown',
    ]);
  const table = [['NodeId', 'DirectoryId', 'LogEndOffset', 'Lag', 'LastFetchTimestamp', 'LastCaughtUpTimestamp', 'Status'], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table.map((row) => row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!))).join('  '));
}
