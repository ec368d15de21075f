import { readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import type { AddVoterResponse, DescribeQuorumResponse } from '@quorate/records/gen/quorate/admin/v1/quorum';
import { beforeAll, describe, expect, it } from 'vitest';
import { call, deadline } from './harness/calls.js';
import { eventually } from './harness/eventually.js';
import { quorate } from './harness/quorate-command.js';
import { refusalOf } from './harness/refusal.js';
import { createTopic, getTopic, topicNames } from './harness/topics.js';
import { useCluster } from './harness/use-cluster.js';

/** As in the table of exit codes of the operators' page. */
const REFUSED_BY_CLUSTER = 7;

const cluster = useCluster('disaster', { controllers: 3, brokers: 1, properties: ['broker.session.timeout.ms=1500', 'broker.heartbeat.interval.ms=300'] });
const file = (name: string): string => cluster().member(name).configFile;
const property = (name: string, key: string): string => new RegExp(`^${key}=(.*)$`, 'm').exec(readFileSync(path.join(cluster().member(name).dataDirectory ?? '', 'meta.properties'), 'utf8'))?.[1] ?? '';

/** What the command said, however it ended. */
const said = (args: readonly string[]): Promise<string> => quorate(args).catch((error: Error) => error.message);

/** The controller that goes on, those that are lost, and the id of the history that begins. */
let survivor = '';
let lost: readonly string[] = [];
let recoveryId = '';

const voters = (): string => `${cluster().member(survivor).nodeId}@${cluster().address(survivor)}:${property(survivor, 'directory.id')}`;
const override = (...more: readonly string[]): readonly string[] => ['quorum', 'override-voters', '-c', file(survivor), '--voters', voters(), ...more];

describe('a majority of the controllers is lost for good', () => {
  beforeAll(async () => {
    survivor = await cluster().leader();
    lost = [1, 2, 3].map((id) => `controller-${id}`).filter((name) => name !== survivor);
    await createTopic(cluster().topics(), { name: 'from-before' });
    await Promise.all(lost.map((name) => cluster().process(name).kill()));
  });

  it('the tools leave a running node alone', async () => {
    const answers = await Promise.all([said(override()), said(['log', 'verify', '-c', file(survivor)]), said(['log', 'discard', '-c', file(survivor)])]);

    for (const answer of answers) expect(answer).toContain('is in use: this is for a node that is stopped');
    expect(cluster().process(survivor).isRunning).toBe(true);
  });

  it('the survivor shows what it holds, and what would be lost, before anything is changed', async () => {
    await Promise.all([survivor, 'broker-101', 'gateway'].map((name) => cluster().process(name).terminate()));

    expect(await quorate(['log', 'verify', '-c', file(survivor)])).toMatch(/WHOLE\n$/);
    const shown = await said(override());

    expect(shown).toContain('THIS IS FOR A MAJORITY THAT IS LOST FOR GOOD');
    expect(shown).toContain(`--confirm ${cluster().clusterId}`);
    expect(property(survivor, 'recovery.id')).toBe('AAAAAAAAAAAAAAAAAAAAAA');
  });

  it('after the override it serves alone, with all that it held', async () => {
    recoveryId = /recovery\.id (\S+)/.exec(await quorate(override('--confirm', cluster().clusterId)))?.[1] ?? '';
    expect(recoveryId).toBe(property(survivor, 'recovery.id'));
    for (const name of [survivor, 'gateway']) cluster().process(name).start();
    await cluster().untilReady([survivor]);

    const described = await call<DescribeQuorumResponse>((done) => cluster().quorum(survivor).describeQuorum({}, deadline(5000), done));
    expect(described.voters.map(({ replicaId }) => replicaId)).toEqual([cluster().member(survivor).nodeId]);
    expect(described.leaderEpoch).toBeGreaterThan(1000);
    expect(await topicNames(cluster().topics(survivor))).toContain('from-before');
  });

  it('a controller of before is refused, with the way out', async () => {
    const { code, said: log } = await refusalOf(cluster(), lost[0]!);

    expect(log).toContain(`quorate log discard -c FILE --recovery-id ${recoveryId}`);
    expect(code).toBe(REFUSED_BY_CLUSTER);
  });

  it('a broker of before is refused, with the way out, and registers again when it has taken it', async () => {
    const { code, said: log } = await refusalOf(cluster(), 'broker-101');
    expect(log).toContain(`quorate log discard -c FILE --recovery-id ${recoveryId}`);
    expect(code).toBe(REFUSED_BY_CLUSTER);

    await quorate(['log', 'discard', '-c', file('broker-101'), '--recovery-id', recoveryId, '--confirm', property('broker-101', 'directory.id')]);
    cluster().process('broker-101').start();
    await cluster().untilReady(['broker-101', 'gateway']);

    const offset = await createTopic(cluster().topics(), { name: 'from-after' });
    expect((await getTopic(cluster().metadata('broker-101'), 'from-after', offset)).topic?.name).toBe('from-after');
    expect(await topicNames(cluster().topics(), offset)).toEqual(new Set(['from-before', 'from-after']));
  });

  it('the lost controllers come back empty, one by discarding its log, one on a new disk, and become voters again', async () => {
    const [discarded, replaced] = lost as readonly [string, string];
    await quorate(['log', 'discard', '-c', file(discarded), '--recovery-id', recoveryId, '--confirm', property(discarded, 'directory.id')]);
    renameSync(cluster().member(replaced).dataDirectory!, path.join(cluster().home, 'the-lost-disk'));
    await quorate(['storage', 'format', '-t', cluster().clusterId, '-c', file(replaced), '--no-initial-controllers', '--recovery-id', recoveryId]);
    for (const name of lost) cluster().process(name).start();
    await cluster().untilReady(lost);

    for (const name of lost) {
      const voterId = cluster().member(name).nodeId!;
      await eventually(`${name} is a voter`, 15_000, () => call<AddVoterResponse>((done) => cluster().quorum().addVoter({ voterId, directoryId: '', listeners: [], timeoutMs: 0, validateOnly: false }, deadline(5000), done)));
    }

    const { voters: now } = await call<DescribeQuorumResponse>((done) => cluster().quorum().describeQuorum({}, deadline(5000), done));
    expect(now.map(({ replicaId, directoryId }) => [replicaId, directoryId])).toEqual([1, 2, 3].map((id) => [id, property(`controller-${id}`, 'directory.id')]));
  });

  it('and the cluster outlives the one that saved it', async () => {
    await cluster().process(survivor).kill();

    const offset = await createTopic(cluster().topics(), { name: 'from-the-others' });

    const names = ['from-after', 'from-before', 'from-the-others'];
    expect([...(await topicNames(cluster().topics(), offset))].sort()).toEqual(names);
    for (const name of lost) expect([...(await topicNames(cluster().topics(name), offset))].sort()).toEqual(names);
  });
});
