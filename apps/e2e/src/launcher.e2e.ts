import { spawn } from 'node:child_process';
import { readdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { TopicServiceClient } from '@quorate/rpc';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from './harness/eventually.js';
import { freePortOffset, NpmStart } from './harness/npm-start.js';
import { ROOT } from './harness/require-program.js';
import { TestCluster } from './harness/test-cluster.js';
import { createTopic, topicNames } from './harness/topics.js';

const started: NpmStart[] = [];
afterEach(() => {
  for (const each of started.splice(0)) each.cleanUp();
});

const offset = await freePortOffset();
const MEMBERS = ['broker-101', 'exporter', 'gateway', 'controller-1', 'controller-2', 'controller-3'];

/** `npm start`, with one broker, on free ports. */
function npmStart(args: readonly string[] = [], home?: string): NpmStart {
  const cluster = new NpmStart(['--brokers', '1', '--port-offset', String(offset), ...args], home);
  started.push(cluster);
  return cluster;
}

/** When each member was told to stop for the last time, in that order; a member that did not stop by itself is missing. */
function stopOrder(cluster: NpmStart): readonly string[] {
  const stopped = MEMBERS.filter((name) => cluster.hasLog(name)).flatMap((name) => {
    const lines = cluster.log(name).trimEnd().split('\n').map((line) => JSON.parse(line) as { readonly time: string; readonly msg: string });
    const told = lines.findLast(({ msg }) => msg === 'stopping');
    return told === undefined || lines.at(-1)?.msg !== 'stopped' ? [] : [{ name, at: told.time }];
  });
  return stopped.sort((a, b) => a.at.localeCompare(b.at)).map(({ name }) => name);
}

function expectStoppedInOrder(cluster: NpmStart, leaderId: number): void {
  const order = stopOrder(cluster);
  const followers = [1, 2, 3].filter((id) => id !== leaderId).map((id) => `controller-${id}`);
  expect(order.slice(0, 3)).toEqual(['broker-101', 'exporter', 'gateway']);
  expect([...order.slice(3, 5)].sort()).toEqual(followers);
  expect(order.slice(5)).toEqual([`controller-${leaderId}`]);
}

const leaderOf = (cluster: NpmStart): number => Number(/node ([123]) leads epoch \d+/.exec(cluster.said)?.[1]);

describe('npm start', () => {
  beforeEach((ctx) => ctx.skip(process.platform !== 'linux', 'what still runs is read from /proc'));

  it('prints addresses and first commands, stops in order on SIGTERM to npm, finds its data again, and stops in order on Ctrl-C', async () => {
    const first = npmStart();
    await first.untilReady();
    expect(first.said).toContain('formatting cluster');
    expect(first.said).toContain('grpcurl -plaintext');
    expect([1, 2, 3]).toContain(leaderOf(first));
    expect(first.running().filter(({ commandLine }) => commandLine.includes('.properties'))).toHaveLength(MEMBERS.length);

    const topics = new TopicServiceClient(`127.0.0.1:${19_000 + offset}`, credentials.createInsecure());
    await createTopic(topics, { name: 'before-the-stop' });

    first.signalNpm('SIGTERM');
    await first.exited();
    await first.untilNothingRuns();
    expectStoppedInOrder(first, leaderOf(first));

    const second = npmStart([], first.home);
    await second.untilReady();
    expect(second.said).not.toContain('formatting cluster');
    expect([...(await topicNames(topics))]).toEqual(['before-the-stop']);
    topics.close();
    second.pressCtrlC();
    await second.exited();
    await second.untilNothingRuns();
    expect(second.said).toContain('stopped');
    expect(second.said).not.toContain('still stopping');
    expectStoppedInOrder(second, leaderOf(second));
  });

  it('leaves nothing running when the launcher is killed with SIGKILL', async () => {
    const cluster = npmStart();
    await cluster.untilReady();

    cluster.killLauncher();
    await cluster.untilNothingRuns();
  });

  it('leaves nothing running when the launcher is killed while everything starts, and starts again after that', async () => {
    const cluster = npmStart(['--controllers', '1']);
    await eventually('a controller is starting', 60_000, () => cluster.find('controller-1'));
    cluster.killLauncher();
    await cluster.untilNothingRuns();

    const again = npmStart(['--controllers', '1'], cluster.home);
    await again.untilReady();
    again.pressCtrlC();
    await again.exited();
  });

  it('stops everything in order when it is told to while everything starts', async () => {
    const cluster = npmStart(['--controllers', '1']);
    await eventually('the gateway is starting', 60_000, () => cluster.find('gateway'));

    cluster.pressCtrlC();
    await cluster.exited();
    await cluster.untilNothingRuns();
    expect(cluster.said).toContain('stopped');
    expect(cluster.said).not.toContain('still stopping');
  });

  it('stops everything in order when its terminal is closed', async () => {
    const cluster = npmStart(['--controllers', '1']);
    await cluster.untilReady();

    cluster.closeTerminal();
    await cluster.untilNothingRuns();
    expect(stopOrder(cluster)).toEqual(['broker-101', 'exporter', 'gateway', 'controller-1']);
  });

  it('says at a second Ctrl-C what is still stopping, and kills it', async () => {
    const cluster = npmStart(['--controllers', '1']);
    await cluster.untilReady();
    process.kill(cluster.find('broker-101'), 'SIGSTOP');

    cluster.pressCtrlC();
    await cluster.untilItSays('stopping');
    await new Promise((resolve) => setTimeout(resolve, 700));
    cluster.pressCtrlC();
    await cluster.untilItSays('still stopping: nats, controller-1, broker-101, gateway, exporter; killing');
    await cluster.exited();
    await cluster.untilNothingRuns();
  });

  it('refuses a second start on the same home, and a start that lost one of its voters, and begins anew with --fresh', async () => {
    const first = npmStart(['--no-nats']);
    await first.untilReady();
    const rival = npmStart(['--no-nats'], first.home);
    expect(await rival.exited()).toMatchObject({ code: 1 });
    expect(rival.said).toContain('is running already');
    expect(first.running()).not.toHaveLength(0);
    first.pressCtrlC();
    await first.exited();

    renameSync(path.join(first.home, 'data/controller-2'), path.join(first.home, 'lost'));
    const without = npmStart(['--no-nats'], first.home);
    expect(await without.exited()).toMatchObject({ code: 1 });
    expect(without.said).toContain('controller-2');
    expect(without.said).toContain('--fresh');

    const fresh = npmStart(['--no-nats', '--fresh', '--controllers', '1'], first.home);
    await fresh.untilReady();
    expect(fresh.said).toContain('formatting cluster');
    expect(readdirSync(first.home).filter((name) => name.startsWith('data-until-'))).toHaveLength(1);
    fresh.pressCtrlC();
    await fresh.exited();
    await fresh.untilNothingRuns();
  });

  it('refuses an even number of controllers and says what to write', async () => {
    const cluster = npmStart(['--controllers', '2']);

    expect(await cluster.exited()).toMatchObject({ code: 1 });
    expect(cluster.said).toContain('write 1, 3 or 5');
  });
});

describe('a process that was started by a launcher', () => {
  it('stops when the launcher was gone before it had come up', async () => {
    const cluster = await TestCluster.prepare({ controllers: 1, brokers: 0, gateways: 0 });
    const { configFile } = cluster.member('controller-1');
    const child = spawn(process.execPath, [path.join(ROOT, 'apps/quorum-controller/dist/main.js'), `--config=${configFile}`], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    try {
      const code = new Promise<number | null>((resolve) => child.once('exit', resolve));
      child.disconnect();

      expect(await code).toBe(0);
    } finally {
      child.kill('SIGKILL');
      await cluster.stop();
    }
  });
});
