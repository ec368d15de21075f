import { describe, expect, it } from 'vitest';
import type { ServerConfig } from '@quorate/config';
import type { RecoveredState } from '@quorate/metadata-log';
import type { Voter } from '@quorate/raft-core';
import type { NodeId, Uuid } from '@quorate/records';
import { EXIT_CODE, ProcessRefusal } from '../process/exit-codes.js';
import { raftCoreConfig } from './raft-config.js';

const DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAZA' as Uuid;
const voter = (id: number, port: number, directoryId = DIRECTORY): Voter => ({
  id: id as NodeId,
  directoryId,
  endpoints: [{ name: 'CONTROLLER', host: 'localhost', port }],
  kraftVersion: { min: 0, max: 1 },
});

const config = (nodeId: number, port = 9093): ServerConfig =>
  ({
    nodeId,
    metadataLogDir: '/data',
    bootstrapServers: [{ host: 'localhost', port: 9093 }],
    controllerListenerNames: ['CONTROLLER'],
    raft: {},
    listeners: [
      { name: 'CONTROLLER', carries: 'controller', advertised: { host: 'localhost', port } },
      { name: 'PLAINTEXT', carries: 'broker', advertised: { host: 'localhost', port: 9092 } },
    ],
  }) as unknown as ServerConfig;

const recovered = (...voters: readonly Voter[]): RecoveredState =>
  ({ properties: { clusterId: 'cluster' }, directoryId: DIRECTORY, voterSets: [{ offset: undefined, voters }], kraftVersion: 1, log: {} }) as unknown as RecoveredState;

function refusal(run: () => unknown): ProcessRefusal {
  try {
    run();
  } catch (error) {
    if (error instanceof ProcessRefusal) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('what a controller starts from', () => {
  it('takes only the listeners that carry the controller, as they are advertised', () => {
    const core = raftCoreConfig(config(1), recovered(voter(1, 9093)));

    expect(core.self).toEqual({ id: 1, directoryId: DIRECTORY, endpoints: [{ name: 'CONTROLLER', host: 'localhost', port: 9093 }] });
    expect(core.cluster.clusterId).toBe('cluster');
  });

  it('refuses a node id that is not among the voters, and names those that are', () => {
    const refused = refusal(() => raftCoreConfig(config(4), recovered(voter(1, 9093), voter(2, 9094))));

    expect(EXIT_CODE[refused.reason]).toBe(7);
    expect(refused.message).toMatch(/node\.id=4 .*\(1, 2\)/);
  });

  it('refuses a disk that is not the one that votes', () => {
    const refused = refusal(() => raftCoreConfig(config(1), recovered(voter(1, 9093, 'AAAAAAAAAAAAAAAAAAAAZQ' as Uuid))));

    expect(EXIT_CODE[refused.reason]).toBe(3);
    expect(refused.message).toContain('AAAAAAAAAAAAAAAAAAAAZQ');
  });

  it('refuses to listen where the other voters would not look', () => {
    const refused = refusal(() => raftCoreConfig(config(1, 19_093), recovered(voter(1, 9093))));

    expect(EXIT_CODE[refused.reason]).toBe(2);
    expect(refused.message).toMatch(/localhost:9093.*localhost:19093/);
  });

  it('runs as an observer when it was formatted to join, and knows nobody but the bootstrap servers', () => {
    const joining = { ...recovered(), voterSets: [] };

    expect(raftCoreConfig(config(4), joining)).toMatchObject({ self: { id: 4 }, voterSets: [], bootstrapServers: [{ host: 'localhost', port: 9093 }] });
    const refused = refusal(() => raftCoreConfig({ ...config(4), bootstrapServers: [] }, joining));
    expect(EXIT_CODE[refused.reason]).toBe(2);
    expect(refused.message).toContain('controller.quorum.bootstrap.servers');
  });

  it('runs as an observer when its log says that it was removed, or that another disk of it votes, and when it has moved', () => {
    const inLog = (...voters: readonly Voter[]) => ({ ...recovered(), voterSets: [{ offset: 2 as never, voters }] });

    expect(raftCoreConfig(config(1), inLog(voter(2, 9094))).self.id).toBe(1);
    expect(raftCoreConfig(config(1), inLog(voter(1, 9093, 'AAAAAAAAAAAAAAAAAAAAZQ' as Uuid))).self.id).toBe(1);
    expect(raftCoreConfig(config(1, 19_093), inLog(voter(1, 9093))).self.endpoints).toMatchObject([{ port: 19_093 }]);
  });

  it('refuses to listen nowhere', () => {
    expect(refusal(() => raftCoreConfig({ ...config(1), listeners: [] }, recovered(voter(1, 9093)))).message).toContain('listens nowhere');
  });
});
