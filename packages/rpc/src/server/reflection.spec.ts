import { execFile } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireProgram } from '../../test/require-program.js';
import { ClusterServiceService } from '../gen/quorate/admin/v1/cluster_service.js';
import { TopicServiceService } from '../gen/quorate/admin/v1/topic_service.js';
import { RaftServiceService } from '../gen/quorate/raft/v1/raft_service.js';
import { ADMIN_LIMITS } from '../limits.js';
import { invalidRequest, RpcFailure } from '../rpc-failure.js';
import { Health } from './health.js';
import { splitDescriptorSet } from './reflection.js';
import { RpcServer } from './rpc-server.js';

const grpcurl = requireProgram('grpcurl');

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe.skipIf(grpcurl === undefined)('reflection, as real grpcurl sees it', () => {
  let server: RpcServer;
  let address: string;
  const seen: unknown[] = [];

  beforeAll(async () => {
    const unused = (): never => {
      throw new Error('not asked for');
    };
    server = new RpcServer({ limits: ADMIN_LIMITS, finished: () => undefined });
    server.add(TopicServiceService, {
      createTopics: (request) => {
        seen.push(request);
        throw invalidRequest([{ field: 'topics', description: 'must name at least one' }]);
      },
      deleteTopics: () => Promise.reject(new RpcFailure({ reason: 'NOT_CONTROLLER', message: 'node 2 is not the active controller', metadata: { leader_id: '3', endpoint: '127.0.0.1:19093' }, retryAfterMs: 1500 })),
      createPartitions: unused,
      describeTopics: unused,
      listTopics: (request) => {
        seen.push(request);
        return { topics: [{ name: 'orders', topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partitionCount: 3 }], nextPageToken: '', servedAtOffset: Number.MAX_SAFE_INTEGER };
      },
    });
    server.add(ClusterServiceService, { describeCluster: unused, listBrokers: unused, listControllers: unused, unregisterBroker: unused });
    server.add(RaftServiceService, { vote: unused, beginQuorumEpoch: unused, endQuorumEpoch: unused, fetch: (stream) => stream.end(), fetchSnapshot: (stream) => stream.end(), addRaftVoter: unused, removeRaftVoter: unused, updateRaftVoter: unused, describeQuorum: unused });
    const health = new Health();
    health.set('readiness', true);
    server.addHealthAndReflection(health);
    address = `127.0.0.1:${await server.listen('127.0.0.1', 0)}`;
  });
  afterAll(() => server.stop(0));

  function run(...args: string[]): Promise<Ran> {
    return new Promise((resolve) => {
      execFile(grpcurl ?? '', ['-plaintext', ...args], { timeout: 20_000 }, (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }));
    });
  }

  it('lists the services that this server serves, and no others', async () => {
    const { stdout } = await run(address, 'list');

    expect(stdout.trim().split('\n').sort()).toEqual(['grpc.health.v1.Health', 'quorate.admin.v1.ClusterService', 'quorate.admin.v1.TopicService', 'quorate.raft.v1.RaftService']);
  });

  it.each([
    ['quorate.admin.v1.TopicService', /rpc CreateTopics \( \.quorate\.admin\.v1\.CreateTopicsRequest \)/],
    ['quorate.admin.v1.CreateTopicsRequest', /repeated \.quorate\.admin\.v1\.NewTopic topics = /],
    ['quorate.raft.v1.FetchQuery', /optional fixed32 chain_checksum = 10/],
    ['grpc.health.v1.Health', /rpc Check/],
  ])('describes %s', async (symbol, text) => {
    const { stdout, stderr } = await run(address, 'describe', symbol);

    expect(stdout, stderr).toMatch(text);
  });

  it('calls a method without any proto file, integers included', async () => {
    const { code, stdout, stderr } = await run('-d', '{"page_size": 7, "at_least_offset": "9007199254740991"}', address, 'quorate.admin.v1.TopicService/ListTopics');

    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ topics: [{ name: 'orders', topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partitionCount: 3 }], servedAtOffset: '9007199254740991' });
    expect(seen.at(-1)).toMatchObject({ pageSize: 7, atLeastOffset: Number.MAX_SAFE_INTEGER });
  });

  it('shows the field that is wrong in words', async () => {
    const { code, stderr } = await run('-d', '{}', address, 'quorate.admin.v1.TopicService/CreateTopics');

    expect(code).not.toBe(0);
    expect(stderr).toContain('Code: InvalidArgument');
    expect(stderr).toContain('"@type": "type.googleapis.com/google.rpc.BadRequest"');
    expect(stderr).toMatch(/"field": "topics"/);
    expect(stderr).toMatch(/"reason": "INVALID_REQUEST"/);
  });

  it('shows the integer that is too large by its field', async () => {
    const { stderr } = await run('-d', '{"at_least_offset": "9007199254740993"}', address, 'quorate.admin.v1.TopicService/ListTopics');

    expect(stderr).toContain('Code: InvalidArgument');
    expect(stderr).toMatch(/"field": "at_least_offset"/);
  });

  it('shows who leads instead, and when to try again', async () => {
    const { stderr } = await run('-d', '{"topics": [{"name": "a"}]}', address, 'quorate.admin.v1.TopicService/DeleteTopics');

    expect(stderr).toContain('Code: FailedPrecondition');
    expect(stderr).toMatch(/"leader_id": "3"/);
    expect(stderr).toMatch(/"domain": "quorate"/);
    expect(stderr).toMatch(/"retryDelay": "1\.500s"/);
  });

  it('asks for health', async () => {
    const { stdout } = await run('-d', '{"service": "quorate.admin.v1.TopicService"}', address, 'grpc.health.v1.Health/Check');

    expect(JSON.parse(stdout)).toEqual({ status: 'SERVING' });
  });
});

describe('the descriptor set', () => {
  it('is refused where it is damaged', () => {
    expect(() => splitDescriptorSet(Buffer.from([0x0a, 1, 7, 0x12]))).toThrow('damaged at byte 3');
    expect(() => splitDescriptorSet(Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))).toThrow('damaged');
    expect(splitDescriptorSet(Buffer.from([0x0a, 1, 7, 0x0a, 0]))).toEqual([Buffer.from([7]), Buffer.alloc(0)]);
  });

  it('is refused where it was cut off', () => {
    expect(() => splitDescriptorSet(Buffer.from([0x0a, 5, 7]))).toThrow('damaged');
  });
});
