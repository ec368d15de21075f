import { afterEach, describe, expect, it } from 'vitest';
import { commit, FakeController, type Arrived } from '../../test/fake-controller.js';
import { until } from '../../test/until.js';
import type { WriteBody } from '../admin/admin-write.js';
import { newRequestId, requestIdText } from '../request-id.js';
import { LeaderTracker } from './leader-tracker.js';
import { SubmitClient } from './submit-client.js';

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A small generator of numbers in [0, 1) that gives the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const createTopic = (name: string): WriteBody => ({
  $case: 'createTopics',
  value: { topics: [{ name, partitionCount: 1, replicationFactor: 1, assignments: [], configs: [] }], validateOnly: false, atomic: false, requestId: '' },
});

/** Three controllers over one log: a request id is decided once, and whoever leads later answers it as the first did. */
class FakeQuorum {
  readonly controllers: FakeController[] = [];
  /** Offset at which each request committed. */
  readonly committed = new Map<string, { readonly name: string; readonly offset: number }>();
  /** Times that each request reached a leader. */
  readonly arrivals = new Map<string, number>();
  readonly #random: () => number;
  #epoch = 0;
  #leader: FakeController | undefined;
  isCalm = false;

  constructor(random: () => number) {
    this.#random = random;
  }

  async start(): Promise<void> {
    for (let id = 1; id <= 3; id++) this.controllers.push(await this.#launch(id, 0));
  }

  /** Another one leads, and the others hear of it sooner or later. */
  elect(): void {
    this.#epoch += 1;
    const leader = this.controllers[Math.floor(this.#random() * 3)]!;
    this.#leader = leader;
    for (const controller of this.controllers) {
      if (controller === leader) controller.lead(this.#epoch);
      // A node that has heard nothing goes on believing what it believed: also that it leads.
      else if (this.isCalm || this.#random() < 0.7) controller.follow(leader, this.#epoch);
    }
  }

  /** Its process dies and comes back on its port; what it had in work is never answered. */
  async crash(index: number): Promise<void> {
    const old = this.controllers[index]!;
    await old.stop();
    const fresh = await this.#launch(old.nodeId, old.port);
    this.controllers[index] = fresh;
    if (old === this.#leader) this.elect();
    else fresh.follow(this.#leader, this.#epoch);
  }

  async #launch(id: number, port: number): Promise<FakeController> {
    const controller = new FakeController(id);
    controller.onCommand = (arrived) => this.#handle(controller, arrived);
    await controller.listen(port);
    closing.push(() => controller.stop());
    return controller;
  }

  #handle(controller: FakeController, arrived: Arrived): void {
    const id = requestIdText(arrived.options.requestId!);
    const { hint, isActive } = controller.board.view;
    if (!isActive) return arrived.done({ kind: 'not-controller', leaderId: hint.leaderId, epoch: hint.leaderEpoch });
    this.arrivals.set(id, (this.arrivals.get(id) ?? 0) + 1);
    const luck = this.isCalm ? 1 : this.#random();
    // It hangs: nothing is decided, and nobody is told.
    if (luck < 0.1) return;
    if (controller !== this.#leader) return arrived.done(luck < 0.5 ? { kind: 'outcome-unknown' } : { kind: 'not-controller', leaderId: undefined, epoch: hint.leaderEpoch });
    const name = arrived.command.kind === 'createTopics' ? (arrived.command.topics[0]?.name ?? '') : '';
    const known = this.committed.get(id) ?? { name, offset: this.committed.size + 1 };
    this.committed.set(id, known);
    // Committed, but the answer is lost.
    if (luck < 0.2) return;
    if (luck < 0.3) return arrived.done({ kind: 'outcome-unknown' });
    commit(arrived, known.offset);
  }
}

describe('writes while leaders die, hang, lie and move', () => {
  it.each([1, 2, 3])('each get the answer of their own one commit (seed %i)', async (seed) => {
    const random = seeded(seed);
    const quorum = new FakeQuorum(random);
    await quorum.start();
    quorum.elect();
    const tracker = new LeaderTracker({ bootstrapServers: quorum.controllers.map(({ endpoint }) => endpoint), cluster: undefined, problem: () => undefined });
    const client = new SubmitClient(tracker);
    closing.push(() => {
      client.close();
      tracker.close();
    });
    const writes = new Map<string, { readonly name: string; readonly answer: Promise<number | string> }>();
    const write = (name: string): void => {
      const requestId = newRequestId(Date.now());
      const answer = client.write(createTopic(name), { requestId, deadlineMs: performance.now() + 25_000 }).then(
        ({ value }) => value.offset,
        (error: Error) => error.message,
      );
      writes.set(requestIdText(requestId), { name, answer });
    };

    for (let round = 0; round < 12; round++) {
      for (let n = 0; n < 20; n++) write(`topic-${round}-${n}`);
      const committedBefore = quorum.committed.size;
      const luck = random();
      if (luck < 0.35) await quorum.crash(Math.floor(random() * 3));
      else if (luck < 0.8) quorum.elect();
      // Some of this round's writes get through, or the leader hangs with all of them: then the next one takes over.
      await until('some progress', () => quorum.committed.size > committedBefore + 5 || client.pendingCount === 0, 1500).catch(() => quorum.elect());
    }
    quorum.isCalm = true;
    quorum.elect();

    for (const [id, { name, answer }] of writes) {
      const commitOf = quorum.committed;
      expect(await answer, name).toBe(commitOf.get(id)?.offset);
      expect(commitOf.get(id)?.name).toBe(name);
    }
    expect(quorum.committed.size).toBe(writes.size);
    expect(client.pendingCount).toBe(0);
    // The faults were real: some writes had to be sent more than once.
    expect([...quorum.arrivals.values()].filter((times) => times > 1).length).toBeGreaterThan(5);
  });
});
