import { Health, quorumServiceHandlers, QuorumServiceService, ADMIN_LIMITS, RpcFailure, RpcServer, type QuorumAdmin } from '@quorate/rpc';
import { afterEach, describe, expect, it } from 'vitest';
import { transferLeadershipCommand } from './transfer-leadership.js';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A gateway as far as transfers go. */
async function gateway(transfer: QuorumAdmin['transferLeadership']): Promise<string> {
  const server = new RpcServer({ limits: ADMIN_LIMITS, finished: () => undefined });
  server.add(QuorumServiceService, quorumServiceHandlers({ transferLeadership: transfer } as QuorumAdmin));
  server.addHealthAndReflection(new Health());
  closing.push(() => server.stop(0));
  return `127.0.0.1:${await server.listen('127.0.0.1', 0)}`;
}

const run = (...args: readonly string[]) => transferLeadershipCommand.run(args, { environment: {}, randomBytes: () => new Uint8Array(0) } as never);

describe('quorate quorum transfer-leadership', () => {
  it('says who leads now, and how long it took', async () => {
    const asked: unknown[] = [];
    const server = await gateway(async (to) => {
      asked.push(to);
      return { previousLeaderId: 1, leaderId: 3, leaderEpoch: 8, tookMs: 12.345 };
    });

    expect(await run('--bootstrap-server', server, '--to', '3')).toEqual({ lines: ['node 3 leads epoch 8; node 1 handed over in 12.3 ms'], exitCode: 0 });
    expect(asked).toEqual([{ successorId: 3, validateOnly: false }]);
  });

  it('says what would be done, and what needs not be done', async () => {
    const server = await gateway(async ({ successorId }) => ({ previousLeaderId: 1, leaderId: successorId ?? 2, leaderEpoch: 7, tookMs: 0 }));

    expect((await run('--bootstrap-server', server, '--validate-only')).lines).toEqual(['node 1 leads epoch 7 and would hand over to node 2']);
    expect((await run('--bootstrap-server', server, '--to', '1')).lines).toEqual(['node 1 leads already, in epoch 7']);
  });

  it('passes on why it was refused', async () => {
    const server = await gateway(() => Promise.reject(new RpcFailure({ reason: 'VOTER_NOT_FOUND', message: 'node 9 is not a voter' })));

    await expect(run('--bootstrap-server', server, '--to', '9')).rejects.toThrow(`${server} answers VOTER_NOT_FOUND: node 9 is not a voter`);
  });

  it('refuses what it cannot read, with the usage', async () => {
    await expect(run('--to', 'three')).rejects.toThrow('--to must be a whole number, got "three"\nUsage: quorate quorum transfer-leadership');
    await expect(run('--bootstrap-server', 'nowhere')).rejects.toThrow('HOST:PORT');
  });
});
