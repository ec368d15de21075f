import { describe, expect, it } from 'vitest';
import { feature, topic, World } from '../test/world.js';
import { Controller } from './controller.js';
import { NaiveView } from '../test/naive-view.js';
import type { ActivateCommand, Decision, ActivateReply } from './command.js';

const NOTHING_ASKED: ActivateCommand = { kind: 'activate', bootstrapRecords: [], logIsEmpty: true, transactionOpen: false };

/** A controller on a log without any metadata record. */
function activateOnEmptyView(command: Partial<ActivateCommand> = {}): Decision<ActivateReply> {
  const world = new World();
  const { config } = world;
  const context = world.context();
  const controller = new Controller({ view: new NaiveView(), config });
  controller.activated(0);
  return controller.decide({ ...NOTHING_ASKED, ...command }, context);
}

describe('an empty log', () => {
  it('gets the feature levels in one metadata transaction', () => {
    const { records, atomic } = activateOnEmptyView({ bootstrapRecords: [feature('metadata.version', 20)] });

    expect(atomic).toBe(true);
    expect(records).toEqual([
      { kind: 'BeginTransaction', version: 0, value: { name: 'Bootstrap records' } },
      feature('metadata.version', 20),
      { kind: 'EndTransaction', version: 0, value: {} },
    ]);
  });

  it('gets metadata.version 21 where formatting asked for none', () => {
    expect(activateOnEmptyView().records[1]).toEqual(feature('metadata.version', 21));
  });

  it('gets no transaction marks where metadata.version knows none', () => {
    const { records } = activateOnEmptyView({ bootstrapRecords: [feature('metadata.version', 12)] });

    expect(records).toEqual([feature('metadata.version', 12)]);
  });

  it('gets the cluster’s min.insync.replicas when ELR is on', () => {
    const { records } = activateOnEmptyView({ bootstrapRecords: [feature('metadata.version', 23), feature('eligible.leader.replicas.version', 1)] });

    expect(records[3]).toMatchObject({ kind: 'Config', value: { resourceType: 4, resourceName: '', name: 'min.insync.replicas', value: '1' } });
  });

  it('with a partial bootstrap transaction is bootstrapped again, after an Abort', () => {
    const { records, reply } = activateOnEmptyView({ logIsEmpty: false, transactionOpen: true });

    expect(records.map(({ kind }) => kind)).toEqual(['AbortTransaction', 'BeginTransaction', 'FeatureLevel', 'EndTransaction']);
    expect(reply.summary).toBe('aborted the metadata transaction that the last controller left open and wrote 3 bootstrap records');
  });
});

describe('a log with records', () => {
  it('gets nothing', () => {
    const world = new World();

    const { records, reply } = world.decide({ ...NOTHING_ASKED, logIsEmpty: false });

    expect(records).toEqual([]);
    expect(reply.summary).toBe('nothing to write');
  });

  it('that ends inside a transaction gets an Abort that says why', () => {
    const world = new World();

    const { records } = world.decide({ ...NOTHING_ASKED, logIsEmpty: false, transactionOpen: true });

    expect(records).toEqual([{ kind: 'AbortTransaction', version: 0, value: { reason: 'Controller failover' } }]);
  });

  it('with an open transaction that its metadata.version does not know contradicts itself', () => {
    const world = new World({ metadataVersion: 12 });

    expect(() => world.decide({ ...NOTHING_ASKED, logIsEmpty: false, transactionOpen: true })).toThrow('knows no transactions');
  });
});

describe('an aborted transaction', () => {
  it('takes the registrations in it along, sessions included', () => {
    const world = new World();
    world.start(1);
    world.write({ kind: 'BeginTransaction', version: 0, value: { name: 'big' } });
    world.start(2);
    world.decide({ kind: 'noOp' });

    world.write({ kind: 'AbortTransaction', version: 0, value: { reason: 'test' } });

    expect([...world.view.brokers()].map(({ id }) => id)).toEqual([1]);
    expect(world.run({ kind: 'createTopics', topics: [topic('t', { replicationFactor: 2 })], validateOnly: true, atomic: false }).topics[0]?.error).toBe('INVALID_REPLICATION_FACTOR');
    world.nowMs += 60_000;
    expect(world.run({ kind: 'expireSessions' })).toEqual({ kind: 'expireSessions', fencedBrokerId: 1, more: false });
  });
});
