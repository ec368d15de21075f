import type { MetadataRecord, Offset } from '@quorate/records';
import { MetadataImage, Overlay } from '@quorate/metadata-image';
import type { PartitionRow } from '@quorate/metadata-image';
import { describe, expect, it } from 'vitest';
import { Controller } from '../src/controller.js';
import type { Command, Decision } from '../src/command.js';
import { brokenInvariants } from './invariants.js';
import { NaiveView } from './naive-view.js';
import { nextHappening } from './random-commands.js';
import { feature, node, seededRandom, World } from './world.js';

const SEEDS = Array.from({ length: 24 }, (_, seed) => seed);
const STEPS = 200;

/** One random life: every decision is checked before it is replayed, every state after. */
function live(seed: number, { elr = false }: { readonly elr?: boolean } = {}): { readonly world: World; readonly kinds: ReadonlyMap<string, number> } {
  const world = new World({ seed, elr, metadataVersion: elr ? 23 : 21, config: { defaultReplicationFactor: 2 } });
  if (elr) world.setConfig(4, '', 'min.insync.replicas', '2');
  const shadow = new ShadowController(world);
  const random = seededRandom(seed * 7 + 1);
  const kinds = new Map<string, number>();
  for (let step = 0; step < STEPS; step++) {
    const happening = nextHappening(random, world.view, world.endOffset);
    if (happening.kind === 'time') world.nowMs += happening.ms;
    if (happening.kind === 'failover') failOver(world, shadow);
    if (happening.kind === 'command') {
      const { records } = decideTwice(world, shadow, happening.command, seed * 1_000 + step);
      const before = partitionsOf(world);
      world.write(...records);
      shadow.follow();
      checkEpochs(before, partitionsOf(world), `seed ${seed} step ${step} ${happening.command.kind}`);
      for (const { kind } of records) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    const broken = brokenInvariants(world.view, world.view.allPartitions(), { elr });
    expect(broken, `seed ${seed} step ${step} ${JSON.stringify(happening)}`).toEqual([]);
    if (random() < 0.2) shadow.commit();
  }
  return { world, kinds };
}

/** A decision writes nothing, and the same inputs give the same one; on the real overlay too. */
function decideTwice(world: World, shadow: ShadowController, command: Command, seed: number): Decision {
  const context = () => ({ ...world.context(), random: seededRandom(seed) });
  if (command.kind === 'brokerHeartbeat') for (const { controller } of [world, shadow]) controller.touch(command.brokerId, command.brokerEpoch, world.nowMs);
  const before = world.view.fingerprint();
  const first = world.controller.decide(command, context());
  const second = world.controller.decide(command, context());
  const onOverlay = shadow.controller.decide(command, context());

  expect(world.view.fingerprint()).toBe(before);
  expect(second).toEqual(first);
  expect({ ...onOverlay, records: sorted(onOverlay.records) }).toEqual({ ...first, records: sorted(first.records) });
  return first;
}

/** Partitions come in the order of the view's index, so records are compared as a set. */
function sorted(records: readonly MetadataRecord[]): string[] {
  return records.map((record) => JSON.stringify([record.kind, record.version, record.value], sortedKeys)).sort();
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The same controller over the real image and overlay, committing now and then. */
class ShadowController {
  readonly #world: World;
  readonly #image = new MetadataImage();
  readonly #overlay = new Overlay(this.#image);
  readonly controller: Controller;
  #replayed = 0;
  #committed = 0;

  constructor(world: World) {
    this.#world = world;
    this.controller = new Controller({ view: this.#overlay, config: world.config });
    this.controller.activated(world.nowMs);
    this.follow();
  }

  follow(): void {
    for (; this.#replayed < this.#world.log.length; this.#replayed++) {
      this.controller.replay(this.#world.log[this.#replayed]!, { offset: this.#replayed as Offset, epoch: 1, wallMs: 0 });
    }
  }

  commit(): void {
    for (; this.#committed < this.#replayed; this.#committed++) {
      this.#image.apply(this.#world.log[this.#committed]!, { offset: this.#committed as Offset, epoch: 1, wallMs: 0 });
    }
    this.#overlay.foldTo(this.#committed as Offset);
  }
}

function failOver(world: World, shadow: ShadowController): void {
  shadow.commit();
  for (const { controller } of [world, shadow]) {
    controller.deactivated();
    controller.activated(world.nowMs);
  }
}

function partitionsOf(world: World): Map<string, PartitionRow> {
  return new Map(world.view.allPartitions().map(({ topicId, partitionId }) => [`${topicId}/${partitionId}`, world.view.partition(topicId, partitionId)!]));
}

function checkEpochs(before: ReadonlyMap<string, PartitionRow>, after: ReadonlyMap<string, PartitionRow>, where: string): void {
  for (const [key, was] of before) {
    const is = after.get(key);
    if (is === undefined) continue;
    expect(is.partitionEpoch - was.partitionEpoch, `${where}: partition epoch of ${key}, once a decision at most`).toBeOneOf([0, 1]);
    expect(is.leaderEpoch - was.leaderEpoch, `${where}: leader epoch of ${key}`).toBeOneOf([0, 1]);
    if (is.leader !== was.leader) expect(is.leaderEpoch, `${where}: a new leader of ${key}`).toBe(was.leaderEpoch + 1);
  }
}

describe('a random life of a cluster', () => {
  it.each(SEEDS)('keeps every invariant, and decides the same over the real overlay (seed %i)', (seed) => {
    live(seed);
  });

  it.each(SEEDS.toSpliced(8))('keeps every invariant with eligible leader replicas on (seed %i)', (seed) => {
    live(seed, { elr: true });
  });

  it('sees every kind of record often enough to mean something', () => {
    const seen = new Map<string, number>();
    for (const seed of SEEDS.toSpliced(8)) {
      for (const [kind, count] of live(seed).kinds) seen.set(kind, (seen.get(kind) ?? 0) + count);
    }

    for (const kind of ['RegisterBroker', 'BrokerRegistrationChange', 'UnregisterBroker', 'Topic', 'Partition', 'PartitionChange', 'RemoveTopic', 'NoOp']) {
      expect(seen.get(kind) ?? 0, kind).toBeGreaterThan(10);
    }
  });
});

describe('the invariants', () => {
  const change = { isr: { ids: [1, 2] } };
  it.each([
    ['a leader outside of the ISR', { isr: { ids: [2] } }, 'the leader is not in the ISR'],
    ['a fenced leader', { ...change, leader: 3, isr: { ids: [3] } }, 'the leader is fenced'],
    ['a fenced member beside others', { isr: { ids: [1, 3] } }, 'somebody inactive is in the ISR'],
    ['an ISR beyond the replicas', { isr: { ids: [1, 4] } }, 'the ISR is not among the replicas'],
    ['an empty ISR', { isr: { ids: [] }, leader: -1 }, 'the ISR is empty'],
    ['a place that nobody takes', { leader: -1 }, 'nobody leads although somebody in the ISR could'],
    ['a member named twice', { isr: { ids: [1, 1] } }, 'the ISR names somebody twice'],
  ])('notice %s', (_title, fields, problem) => {
    const world = new World();
    world.start(1, 2, 3, 4);
    world.create('t', [1, 2, 3]);
    world.fence(3);
    const { value } = world.log.find(({ kind }) => kind === 'Topic') as MetadataRecord<'Topic'>;

    world.write({ kind: 'PartitionChange', version: 1, value: { topicId: value.topicId, partitionId: 0, ...fields } });

    expect(brokenInvariants(world.view, world.view.allPartitions()).join()).toContain(problem);
  });

  it('find nothing wrong with a fresh cluster', () => {
    const world = new World();
    world.start(1, 2);
    world.create('t', [1, 2]);

    expect(brokenInvariants(world.view, world.view.allPartitions())).toEqual([]);
  });
});

describe('the naive view', () => {
  it('undoes an aborted transaction', () => {
    const view = new NaiveView();
    const records: MetadataRecord[] = [
      feature('metadata.version', 21),
      { kind: 'BeginTransaction', version: 0, value: { name: 'x' } },
      feature('group.version', 1),
      { kind: 'AbortTransaction', version: 0, value: { reason: 'test' } },
    ];

    records.forEach((record, index) => view.apply(record, { offset: index as Offset, epoch: 1, wallMs: 0 }));

    expect([...view.features()]).toEqual([['metadata.version', 21]]);
    expect(view.broker(node(1))).toBeUndefined();
  });
});
