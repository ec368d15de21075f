import { randomBytes } from 'node:crypto';
import type { DescribeQuorumResponse } from '@quorate/records/gen/quorate/admin/v1/quorum';
import { describe, expect, it } from 'vitest';
import { CommandError, type CliCommand } from './command.js';
import { quorumAddController } from './quorum-add-controller.js';
import { quorumDescribe, replicationLines, statusLines } from './quorum-describe.js';
import { quorumRemoveController } from './quorum-remove-controller.js';

const DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAZA';
const LEADER = 1;
const FOLLOWER = 2;
const OBSERVER = 3;
const at = (id: number) => [{ name: 'CONTROLLER', host: 'h', port: 9000 + id, securityProtocol: 0 }];
const replica = (replicaId: number, status: number, more: object = {}) => ({ replicaId, directoryId: DIRECTORY, status, logEndOffset: 40, lag: 0, lastFetchAgeMs: 0, lastCaughtUpAgeMs: 0, listeners: at(replicaId), ...more });
const voter = (voterId: number) => ({ voterId, directoryId: DIRECTORY, listeners: at(voterId) });

const DESCRIBED = {
  clusterId: 'my-cluster',
  leaderId: 2,
  leaderEpoch: 7,
  highWatermark: 40,
  maxFollowerLag: 3,
  maxFollowerLagTimeMs: 12.4,
  voters: [replica(1, FOLLOWER, { lag: 3, lastFetchAgeMs: 12.4, lastCaughtUpAgeMs: undefined }), replica(2, LEADER)],
  observers: [replica(101, OBSERVER, { directoryId: '', listeners: [], logEndOffset: undefined, lag: undefined, lastFetchAgeMs: undefined, lastCaughtUpAgeMs: undefined })],
  committedVoters: [voter(1), voter(2)],
  answeredAt: { seconds: 1_700_000_000, nanos: 5_000_000 },
} as unknown as DescribeQuorumResponse;

describe('quorate quorum describe --status', () => {
  it('says who leads and who votes, a fact a line, and leaves out what is not known', () => {
    expect(statusLines(DESCRIBED)).toEqual([
      'ClusterId:              my-cluster',
      'LeaderId:               2',
      'LeaderEpoch:            7',
      'HighWatermark:          40',
      'MaxFollowerLag:         3',
      'MaxFollowerLagTimeMs:   12',
      `CurrentVoters:          [{"id": 1, "directoryId": "${DIRECTORY}", "endpoints": ["CONTROLLER://h:9001"]}, {"id": 2, "directoryId": "${DIRECTORY}", "endpoints": ["CONTROLLER://h:9002"]}]`,
      'CurrentObservers:       [{"id": 101}]',
    ]);
  });

  it('says -1 for what nobody knows', () => {
    const nobody = statusLines({ ...DESCRIBED, leaderId: undefined, highWatermark: undefined, maxFollowerLag: undefined, maxFollowerLagTimeMs: undefined });

    expect(nobody.filter((line) => line.endsWith(' -1')).map((line) => line.split(':')[0])).toEqual(['LeaderId', 'HighWatermark', 'MaxFollowerLag', 'MaxFollowerLagTimeMs']);
  });

  it('adds the committed voters while they are not those in force', () => {
    const changing = statusLines({ ...DESCRIBED, committedVoters: [voter(1)] });

    expect(changing.find((line) => line.startsWith('CommittedVoters:'))).toBe(`CommittedVoters:        [{"id": 1, "directoryId": "${DIRECTORY}", "endpoints": ["CONTROLLER://h:9001"]}]`);
  });
});

describe('quorate quorum describe --replication', () => {
  it('is a table: the leader, then followers, then observers; times by the clock of the leader', () => {
    expect(replicationLines(DESCRIBED, false).map((line) => line.split(/ +/))).toEqual([
      ['NodeId', 'DirectoryId', 'LogEndOffset', 'Lag', 'LastFetchTimestamp', 'LastCaughtUpTimestamp', 'Status'],
      ['2', DIRECTORY, '40', '0', '1700000000005', '1700000000005', 'Leader'],
      ['1', DIRECTORY, '40', '3', '1699999999993', '-1', 'Follower'],
      ['101', 'AAAAAAAAAAAAAAAAAAAAAA', '-1', '-1', '-1', '-1', 'Observer'],
    ]);
  });

  it('tells ages to people', () => {
    expect(replicationLines(DESCRIBED, true)[2]).toContain('12 ms ago');
  });
});

describe('flags that cannot be meant are refused with the usage', () => {
  const run = (command: CliCommand, ...args: string[]) => command.run(args, { environment: {}, randomBytes, print: () => undefined });
  const SERVER = ['--bootstrap-server', 'localhost:1'];

  it.each<[string, CliCommand, string[], RegExp]>([
    ['no address', quorumDescribe, ['--status'], /one is needed: --bootstrap-server/],
    ['two addresses', quorumDescribe, ['--status', ...SERVER, '--bootstrap-controller', 'localhost:2'], /only one can be given/],
    ['neither table nor status', quorumDescribe, SERVER, /one of --status and --replication/],
    ['both table and status', quorumDescribe, [...SERVER, '--status', '--replication'], /one of --status and --replication/],
    ['ages in a status', quorumDescribe, [...SERVER, '--status', '--human-readable'], /goes with --replication/],
    ['an address without a port', quorumDescribe, ['--status', '--bootstrap-server', 'localhost'], /has no port/],
    ['nobody to add', quorumAddController, SERVER, /one of --controller-id and --command-config/],
    ['an id that is none', quorumAddController, [...SERVER, '-i', 'x'], /a node id is a number/],
    ['nobody to remove', quorumRemoveController, SERVER, /--controller-id is missing/],
  ])('%s', async (_what, command, args, message) => {
    await expect(run(command, ...args)).rejects.toThrow(message);
    await expect(run(command, ...args)).rejects.toBeInstanceOf(CommandError);
  });

  it('nobody at the address is one line', async () => {
    await expect(run(quorumDescribe, '--status', '--bootstrap-controller', '127.0.0.1:1')).rejects.toThrow(/^nobody answers at 127\.0\.0\.1:1: /);
  });
});
