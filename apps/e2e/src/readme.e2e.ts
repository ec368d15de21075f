import { execFile } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { NpmStart, takenDefaultPort } from './harness/npm-start.js';
import { consoleCommands, documentedCalls, readme } from './harness/readme.js';
import { wantProgram } from './harness/require-program.js';
import { differences } from './harness/same-fields.js';

const grpcurl = await wantProgram('grpcurl');
await wantProgram('nats-server');
const taken = await takenDefaultPort();
if (taken !== undefined && process.env['CI'] === 'true') throw new Error(`something else listens on port ${taken}: README's lines run on the default ports`);
const calls = documentedCalls(readme());

let cluster: NpmStart | undefined;
beforeAll(async () => {
  if (grpcurl.path === undefined || taken !== undefined) return;
  cluster = new NpmStart([]);
  await cluster.untilReady();
});
afterAll(async () => {
  cluster?.pressCtrlC();
  await cluster?.exited();
  cluster?.cleanUp();
});

/** Runs a line of README as a person's shell does, with grpcurl on PATH; gives what it printed. */
function run(ctx: TestContext, command: string): Promise<string> {
  const folder = path.dirname(grpcurl.pathOrSkip(ctx));
  ctx.skip(taken !== undefined, `something else listens on port ${taken}: README's lines run on the default ports`);
  return new Promise((resolve, reject) => {
    execFile('sh', ['-c', command], { env: { ...process.env, PATH: `${folder}:${process.env['PATH']}` }, timeout: 20_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${command}\n${stdout}${stderr}`));
    });
  });
}

describe('the lines of README, run exactly as printed, against what npm start starts', () => {
  it('are ten at least', () => {
    expect(calls.length).toBeGreaterThanOrEqual(10);
  });

  it.for(calls)('$command', async ({ command, kind, output }, ctx) => {
    const printed = await run(ctx, command);
    if (kind === 'json') expect(differences(JSON.parse(output), JSON.parse(printed))).toEqual([]);
    else expect(printed.trim().split('\n')).toEqual(output.trim().split('\n'));
  });

  it('hide a failover from the caller and tell why it came, after the leader is killed', async (ctx) => {
    const [create, listElections, ...others] = consoleCommands(readme());
    if (create === undefined || listElections === undefined || others.length > 0) throw new Error('README shows one write and one question after the kill');
    const leaderId = Number(/"leaderId": (\d+)/.exec(await run(ctx, 'grpcurl -plaintext 127.0.0.1:19000 quorate.admin.v1.QuorumService/DescribeQuorum'))?.[1]);

    process.kill(cluster?.find(`controller-${leaderId}`) ?? 0, 'SIGKILL');
    const created = JSON.parse(await run(ctx, create)) as { readonly topics: readonly object[] };
    const told = JSON.parse(await run(ctx, listElections)) as object;

    expect(created.topics[0]).not.toHaveProperty('error');
    expect(told).toMatchObject({ elections: [{ outcome: 'ELECTION_OUTCOME_WON', previousLeaderId: leaderId }], unreachable: [leaderId] });
    await cluster?.untilItSays(`controller-${leaderId} has stopped (SIGKILL); the others carry on`);
  });
});
