import { uuidFromBytes } from '@quorate/records';
import type { NodeId } from '@quorate/records';
import { SimBroker } from './broker.js';
import { SimCache } from './cache.js';
import { ClientLink } from './client-link.js';
import { brokerIds, lookUp, SimClient } from './client.js';
import { SimDisk } from './disk.js';
import { SimFeed } from './feed.js';
import { Faults } from './faults/faults.js';
import { planFaults } from './fault-plan.js';
import type { FaultPlan } from './fault-plan.js';
import { Invariants } from './invariants.js';
import { Network } from './network.js';
import { SimNode, voterOf } from './node.js';
import type { NodeContext } from './node.js';
import { Operator } from './operator.js';
import { Random } from './random.js';
import { checkReplay, replayAll } from './replay-checks.js';
import { RpcBus } from './rpc-bus.js';
import { Scenario } from './scenario.js';
import type { Stage, Step } from './scenario.js';
import { Trace } from './trace.js';
import { Violation } from './violation.js';
import { SHARED_NAMES } from './workload.js';
import { World } from './world.js';

/** A leader must be there so soon after everything is healed: three election timeouts of 1 to 2 s. */
const LEADER_WITHIN_MS = 6000;
/** All nodes must be equal so soon after that. */
const EQUAL_WITHIN_MS = 60_000;
/** A world that does more than this is in a loop. */
const MAX_EVENTS = 3_000_000;

export interface SimulationResult {
  readonly seed: number;
  readonly simulatedMs: number;
  readonly events: number;
  readonly traceHash: string;
  /** Operations that clients were told of. */
  readonly acknowledged: number;
  readonly committedOffset: number;
  /** What happened how often. */
  readonly tallies: Readonly<Record<string, number>>;
}

/** How a world ended that did not end well. */
export interface SimulationFailure {
  readonly kind: 'safety' | 'liveness' | 'crash';
  /** Name of the check that found it; undefined when the code under test fell over something itself. */
  readonly check: string | undefined;
  readonly message: string;
  readonly stack: string | undefined;
  readonly lastLines: readonly string[];
}

export type SimulationOutcome = { readonly kind: 'passed'; readonly result: SimulationResult } | { readonly kind: 'failed'; readonly seed: number; readonly failure: SimulationFailure };

export interface SimulationOptions {
  readonly seed: number;
  /** Gets every trace line. */
  readonly print?: ((line: string) => void) | undefined;
  /** Changes what the seed planned, for scenarios. */
  readonly adjust?: ((plan: FaultPlan) => FaultPlan) | undefined;
  /** Played in place of the faults; when it is done everything is healed. */
  readonly scenario?: readonly Step[] | undefined;
}

/** Runs the world of one seed: faults while clients work, then healing, then everything must come to rest and be equal. */
export function simulate(options: SimulationOptions): SimulationOutcome {
  const simulation = new Simulation(options);
  try {
    return { kind: 'passed', result: simulation.run() };
  } catch (error) {
    return { kind: 'failed', seed: options.seed, failure: simulation.failure(error) };
  }
}

/** What a seed plans, before anything of it is changed. */
export function planOf(seed: number): FaultPlan {
  return planFaults(streamsOf(seed).plan);
}

const STREAMS = ['plan', 'network', 'feed', 'nodes', 'faults', 'start', 'brokers', 'caches', 'clients', 'operator'] as const;

type Streams = Readonly<Record<(typeof STREAMS)[number], Random>>;

/** Each part of a world draws from a stream of its own: with one client fewer it is otherwise the same. */
function streamsOf(seed: number): Streams {
  const random = new Random(seed);
  return Object.fromEntries(STREAMS.map((name) => [name, random.fork(name)])) as Streams;
}

class Simulation {
  readonly #seed: number;
  readonly #streams: Streams;
  readonly #world = new World();
  readonly #trace: Trace;
  readonly #invariants: Invariants;
  readonly #plan: FaultPlan;
  readonly #network: Network;
  readonly #nodes: readonly SimNode[];
  readonly #clients: readonly SimClient[];
  readonly #brokers: readonly SimBroker[];
  readonly #caches: readonly SimCache[];
  readonly #feed: SimFeed;
  readonly #bus: RpcBus;
  readonly #faults: Faults;
  readonly #scenario: Scenario | undefined;

  constructor({ seed, print, adjust, scenario }: SimulationOptions) {
    this.#seed = seed;
    this.#streams = streamsOf(seed);
    this.#trace = new Trace({ keep: 50, print });
    const planned = planFaults(this.#streams.plan);
    this.#plan = adjust === undefined ? planned : adjust(planned);
    this.#invariants = new Invariants(this.#plan.isCalm);
    this.#network = new Network(this.#world, this.#streams.network, this.#plan.network);
    this.#feed = new SimFeed(this.#world, this.#streams.feed, this.#plan.feed);
    this.#bus = new RpcBus(this.#world, this.#network, {
      requestSent: (from, _to, request) => this.#invariants.requestSent(from, request),
      replySent: (from, _to, request, response) => this.#invariants.replySent(from, request, response),
    });
    this.#nodes = this.#makeNodes();
    this.#caches = this.#makeCaches();
    this.#brokers = brokerIds(this.#plan.brokerCount).map((id) => new SimBroker(id, { world: this.#world, random: this.#streams.brokers.fork(`broker ${id}`), link: this.#link(id) }));
    this.#clients = Array.from({ length: this.#plan.clientCount }, (_, index) => this.#makeClient(`c${index}`, 1001 + index));
    this.#faults = new Faults(this.#plan, this.#streams.faults, {
      world: this.#world,
      network: this.#network,
      nodes: this.#nodes,
      brokers: this.#brokers,
      caches: this.#caches,
      trace: this.#trace,
      operator: new Operator({ world: this.#world, random: this.#streams.operator, bus: this.#bus, trace: this.#trace }),
    });
    this.#scenario = scenario === undefined ? undefined : this.#makeScenario(scenario);
  }

  run(): SimulationResult {
    this.#trace.add(0, undefined, `seed ${this.#seed}: ${this.#plan.voterCount} voters, ${this.#plan.clientCount} clients, faults ${[...this.#plan.kinds].join(' ')}`);
    this.#start();
    this.#disturb();
    this.#faults.heal();
    this.#requireLeader();
    for (const client of this.#clients) client.stop();
    this.#requireEquality();
    this.#checkTheEnd();
    this.#tallyMessages();
    return {
      seed: this.#seed,
      simulatedMs: Math.round(this.#world.nowMs),
      events: this.#world.eventCount,
      traceHash: this.#trace.hash,
      acknowledged: this.#clients.reduce((sum, client) => sum + client.acknowledgedCount, 0),
      committedOffset: this.#invariants.committedEnd,
      tallies: Object.fromEntries(this.#trace.tallies),
    };
  }

  failure(error: unknown): SimulationFailure {
    const root = rootOf(error);
    const kind = root instanceof Violation ? root.kind : 'crash';
    const message = root instanceof Error ? root.message : String(root);
    return { kind, check: root instanceof Violation ? root.check : undefined, message, stack: root instanceof Error ? root.stack : undefined, lastLines: this.#trace.lastLines() };
  }

  // ---- phases ------------------------------------------------------------------------------------------------------------------

  #start(): void {
    for (const node of this.#nodes) node.format();
    for (const node of this.#nodes) this.#world.after(this.#streams.start.between(0, 100), () => node.start());
    for (const broker of this.#brokers) broker.start();
    for (const client of this.#clients) client.start();
    for (const cache of this.#caches) cache.start();
    if (this.#scenario === undefined) this.#faults.start();
    else this.#scenario.start();
  }

  #disturb(): void {
    const scenario = this.#scenario;
    if (scenario === undefined) this.#runUntil(this.#plan.faultyMs, () => false);
    else this.#runUntil(Number.POSITIVE_INFINITY, () => scenario.isDone);
  }

  #requireLeader(): void {
    const limitMs = this.#world.nowMs + LEADER_WITHIN_MS;
    if (!this.#runUntil(limitMs, () => this.#nodes.some((node) => node.isLeader && node.controller?.activeEpoch !== undefined))) {
      this.#stuck(`no active controller ${LEADER_WITHIN_MS} ms after everything was healed`);
    }
  }

  /** Everybody is equal, and a write after the healing is among what they hold. */
  #requireEquality(): void {
    let written = false;
    const probe = this.#makeClient('probe', 2001);
    probe.start();
    const limitMs = this.#world.nowMs + EQUAL_WITHIN_MS;
    const reached = this.#runUntil(limitMs, () => {
      if (!written && probe.acknowledgedCount > 0) {
        written = true;
        probe.stop();
      }
      return written && this.#areEqual();
    });
    if (!reached) this.#stuck(`nodes are not equal ${EQUAL_WITHIN_MS} ms after everything was healed${written ? '' : '; no write was acknowledged'}`);
  }

  #areEqual(): boolean {
    const [first, ...others] = this.#nodes.filter((node) => !node.isLost).map((node) => node.imageDigest());
    if (first === undefined || first.offset < this.#invariants.committedEnd) return false;
    // Digests of caches are compared as they apply; here it matters that they have come as far.
    return others.every((other) => other?.offset === first.offset && other.digest === first.digest) && this.#caches.every(({ stableOffset }) => stableOffset === first.offset);
  }

  #stuck(message: string): never {
    const states = this.#nodes.map((node) => node.raft?.describe() ?? `n${node.id} down ${node.stoppedBecause ?? ''}`);
    throw new Violation('liveness', 'liveness', `${message}\n${states.join('\n')}`);
  }

  #checkTheEnd(): void {
    const replayed = replayAll(this.#invariants.committedBatches);
    for (const node of this.#nodes) {
      const { controller, raft } = node;
      if (controller === undefined || raft === undefined) continue;
      this.#invariants.acknowledged.check(node.id, (name) => controller.image.topicByName(name) !== undefined);
      this.#invariants.atomic.check(node.id, (name) => controller.image.topicByName(name)?.partitionCount);
      checkReplay(node, replayed, this.#invariants);
    }
    this.#checkHistory();
  }

  /** All nodes are equal: what any of them holds is what a last look at each topic shows. */
  #checkHistory(): void {
    const image = this.#nodes.find((node) => node.controller !== undefined)!.controller!.image;
    for (const topic of SHARED_NAMES) this.#invariants.history.answered(this.#invariants.history.invoked('last look', topic, { kind: 'describe' }), lookUp(image, topic), image.appliedOffset);
    for (let undecided = this.#invariants.history.check(); undecided > 0; undecided--) this.#trace.tally('topics with too many possible orders');
  }

  #tallyMessages(): void {
    const { lostCount, duplicatedCount, overtakenCount } = this.#network;
    this.#trace.tally('messages lost', lostCount);
    this.#trace.tally('messages duplicated', duplicatedCount);
    this.#trace.tally('messages overtaken', overtakenCount);
  }

  // ---- the clock ---------------------------------------------------------------------------------------------------------------

  #runUntil(untilMs: number, isDone: () => boolean): boolean {
    while (this.#world.step(untilMs)) {
      for (const node of this.#nodes) node.observe();
      const count = this.#world.eventCount;
      if (count % 64 === 0) {
        for (const node of this.#nodes) node.observeQueues();
        if (isDone()) return true;
      }
      if (count > MAX_EVENTS) this.#stuck(`${MAX_EVENTS} events in ${Math.round(this.#world.nowMs)} ms of simulated time`);
    }
    return isDone();
  }

  // ---- the cast ----------------------------------------------------------------------------------------------------------------

  #makeScenario(steps: readonly Step[]): Scenario {
    const nodes = this.#nodes;
    const invariants = this.#invariants;
    const stage: Stage = {
      world: this.#world,
      network: this.#network,
      nodes,
      get leader() {
        return nodes.filter((node) => node.isLeader && node.controller?.activeEpoch !== undefined).sort((a, b) => b.epoch - a.epoch)[0];
      },
      get committedEnd() {
        return invariants.committedEnd;
      },
    };
    return new Scenario(stage, steps, (what) => this.#trace.add(this.#world.nowMs, undefined, what));
  }

  #makeNodes(): SimNode[] {
    const setup = this.#streams.nodes;
    const ids = Array.from({ length: this.#plan.voterCount }, (_, index) => (index + 1) as NodeId);
    const voters = ids.map((id) => voterOf(id, uuidFromBytes(setup.bytes(16))));
    const context: NodeContext = {
      world: this.#world,
      random: setup,
      bus: this.#bus,
      invariants: this.#invariants,
      trace: this.#trace,
      plan: this.#plan,
      voters,
      publish: (batch) => this.#feed.publish(batch),
    };
    return voters.map(({ id, directoryId }) => {
      const random = setup.fork(`node ${id}`);
      const rate = this.#plan.kinds.has('clock-rate') ? random.between(0.9, 1.1) : 1;
      const clock = { rate, offsetMs: random.between(0, 1e6) };
      return new SimNode(context, { id, directoryId, disk: new SimDisk(this.#world, random.fork('disk'), this.#plan), clock, random });
    });
  }

  #makeCaches(): SimCache[] {
    const voterIds = this.#nodes.map(({ id }) => id);
    return Array.from({ length: this.#plan.cacheCount }, (_, index) => {
      const id = (301 + index) as NodeId;
      const random = this.#streams.caches.fork(`cache ${id}`);
      return new SimCache(id, { world: this.#world, random, bus: this.#bus, feed: this.#feed, invariants: this.#invariants, trace: this.#trace, voterIds });
    });
  }

  #makeClient(name: string, address: number): SimClient {
    return new SimClient({
      name,
      world: this.#world,
      random: this.#streams.clients.fork(name),
      link: this.#link(address),
      invariants: this.#invariants,
      history: this.#invariants.history,
      trace: this.#trace,
      plan: this.#plan,
    });
  }

  #link(address: number): ClientLink {
    return new ClientLink({ world: this.#world, network: this.#network, nodes: this.#nodes, invariants: this.#invariants, address });
  }
}

/** What began it, under whatever it was wrapped in on its way up. */
function rootOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? rootOf(error.cause) : error;
}
