import { RESERVED_DIRECTORY, type NodeId, type Uuid } from '@quorate/records';
import { expect } from 'vitest';
import type { MetadataView, PartitionCondition, PartitionRef, PartitionRow } from '../src/index.js';
import type { StoreView } from '../src/store-view.js';
import type { NaiveModel } from './naive-model.js';

const NODES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 77, 2_000_000_000] as NodeId[];
const NAMES = ['a.b', 'a_b', 'a.b.c', 'a_b.c', 'a_b_c', 'orders', 'x', 'longer-topic-name', 'z.', 'é', 'z_', 'none'];

/** Every question the view answers, against the model's plain answer. */
export function expectView(view: StoreView, model: NaiveModel): void {
  expect(Object.fromEntries(view.features())).toEqual(Object.fromEntries(model.features));
  expect(view.brokers()).toEqual([...model.brokers.values()].sort((a, b) => a.id - b.id));
  expect(view.controllers()).toEqual([...model.controllers.values()].sort((a, b) => a.id - b.id));
  for (const id of NODES) expect(view.broker(id)).toEqual(model.brokers.get(id));
  expectTopics(view, model);
  expectIndexes(view, model);
  expectTables(view, model);
}

function expectTopics(view: MetadataView, model: NaiveModel): void {
  const rows = model.topicRows();
  expect(view.topicCount).toBe(rows.length);
  expect(view.partitionCount).toBe(rows.reduce((sum, row) => sum + row.partitionCount, 0));
  expect([...view.topics()].sort(byId)).toEqual([...rows].sort(byId));
  for (const name of NAMES) {
    const colliding = rows.filter((row) => row.name.replaceAll('.', '_') === name.replaceAll('.', '_'));
    expect(view.topicByName(name)).toEqual(rows.find((row) => row.name === name));
    if (colliding.length === 0) expect(view.topicCollidingWith(name)).toBeUndefined();
    else expect(colliding).toContainEqual(view.topicCollidingWith(name));
  }
  for (const row of rows) expect(view.topicById(row.topicId)).toEqual(row);
  expect(view.topicById(RESERVED_DIRECTORY.LOST)).toBeUndefined();
  for (const [topicId, partitionId, row] of model.allPartitions()) expect(view.partition(topicId, partitionId)).toEqual(row);
  for (const row of rows) expect(view.partition(row.topicId, row.partitionCount)).toBeUndefined();
}

function expectIndexes(view: StoreView, model: NaiveModel): void {
  const found = (matches: (row: PartitionRow) => boolean): string[] => {
    return [...model.allPartitions()].filter(([, , row]) => matches(row)).map(([topicId, partitionId]) => `${topicId}/${partitionId}`).sort();
  };
  const refs = (list: Iterable<PartitionRef>): string[] => [...list].map((ref) => `${ref.topicId}/${ref.partitionId}`).sort();
  for (const id of NODES) {
    expect(refs(view.partitionsWithReplica(id))).toEqual(found((row) => row.replicas.includes(id)));
    expect(refs(view.partitionsLedBy(id))).toEqual(found((row) => row.leader === id));
    expect(refs(view.partitionsWithIsr(id))).toEqual(found((row) => row.isr.includes(id)));
  }
  expect(refs(view.partitionsWithoutLeader())).toEqual(found((row) => row.leader === undefined));
  for (const [condition, matches] of Object.entries(CONDITIONS)) {
    expect(refs(view.partitionsWhere(condition as PartitionCondition))).toEqual(found(matches));
  }
}

export const CONDITIONS: Record<PartitionCondition, (row: PartitionRow) => boolean> = {
  withoutLeader: (row) => row.leader === undefined,
  underReplicated: (row) => row.isr.length < row.replicas.length,
  withElr: (row) => row.eligibleLeaderReplicas !== undefined || row.lastKnownElr !== undefined,
  reassigning: (row) => row.addingReplicas.length + row.removingReplicas.length > 0,
  notPreferredLeader: (row) => row.leader !== row.replicas[0],
};

function expectTables(view: StoreView, model: NaiveModel): void {
  const { store } = view;
  const resources = [...view.configResources()].map((r) => `${r.resourceType}:${r.resourceName}`).sort();
  expect(resources).toEqual([...model.configs.keys()].sort());
  for (const { resourceType, resourceName } of view.configResources()) {
    expect(Object.fromEntries(view.config(resourceType, resourceName))).toEqual(Object.fromEntries(model.configs.get(`${resourceType}:${resourceName}`)!));
  }
  expect(view.config(2, 'no-such-topic').size).toBe(0);
  expect(view.nextProducerId).toBe(model.nextProducerId);
  const quotas = [...store.clientQuotas.entries()].map(([, row]) => {
    return [JSON.stringify([...row.entity].map(([type, name]) => [type, name ?? null]).sort()), Object.fromEntries(row.quotas)];
  });
  expect(Object.fromEntries(quotas)).toEqual(Object.fromEntries([...model.quotas].map(([key, values]) => [key, Object.fromEntries(values)])));
  expect([...store.acls.entries()].map(([id, row]) => [id, JSON.stringify({ ...row, id: undefined })]).sort()).toEqual([...model.acls].sort());
  expect([...store.scram.entries()].map(([key, row]) => [key, [...row.salt, row.iterations].join()]).sort()).toEqual([...model.scram].sort());
  expect([...store.delegationTokens.entries()].map(([id, row]) => [id, `${row.owner}@${row.expirationTimestamp}`]).sort()).toEqual([...model.tokens].sort());
}

function byId(a: { topicId: Uuid }, b: { topicId: Uuid }): number {
  return a.topicId < b.topicId ? -1 : 1;
}
