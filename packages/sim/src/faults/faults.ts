import type { FaultKind, FaultPlan } from '../fault-plan.js';
import { CALM_NETWORK } from '../network.js';
import type { SimNode } from '../node.js';
import type { Random } from '../random.js';
import { DISK_FAULTS } from './disk-faults.js';
import { FaultAtlas } from './fault-atlas.js';
import type { FaultAction, FaultContext, FaultTargets } from './fault-context.js';
import { NETWORK_FAULTS } from './network-faults.js';
import { PROCESS_FAULTS } from './process-faults.js';
import { VOTER_FAULTS } from './voter-faults.js';

const ACTIONS: ReadonlyMap<FaultKind, FaultAction> = new Map(Object.entries({ ...NETWORK_FAULTS, ...PROCESS_FAULTS, ...DISK_FAULTS, ...VOTER_FAULTS }) as [FaultKind, FaultAction][]);

/** Brings about what the plan allows, one fault after the other, until it is told to heal everything. */
export class Faults {
  readonly atlas: FaultAtlas;
  readonly #plan: FaultPlan;
  readonly #random: Random;
  readonly #targets: FaultTargets;
  readonly #context: FaultContext;
  /** Faults that happen at a moment; the others are settings of the whole world. */
  readonly #allowed: readonly FaultKind[];
  #healed = false;

  constructor(plan: FaultPlan, random: Random, targets: FaultTargets) {
    this.#plan = plan;
    this.#random = random;
    this.#targets = targets;
    this.#allowed = [...ACTIONS.keys()].filter((kind) => plan.kinds.has(kind));
    this.atlas = new FaultAtlas(targets.nodes.length);
    this.#context = {
      ...targets,
      plan,
      random,
      atlas: this.atlas,
      happened: (kind) => targets.trace.tally(`fault ${kind}`),
      note: (what) => targets.trace.add(targets.world.nowMs, undefined, what),
      during: (what, begin, end) => this.#during(what, begin, end),
      later: (delayMs, run) => this.#later(delayMs, run),
    };
  }

  start(): void {
    this.#supervise();
    if (this.#plan.kinds.has('crash-mid-write') && !this.#plan.muted.has('crash-mid-write')) for (const node of this.#targets.nodes) node.onProposed = () => this.#crashMidWrite(node);
    if (this.#allowed.length > 0) this.#next();
  }

  /** Ends all faults for good: every node runs, every link passes, every disk works. */
  heal(): void {
    const { network, nodes, brokers, trace, world } = this.#targets;
    trace.add(world.nowMs, undefined, 'HEAL');
    this.#healed = true;
    network.heal();
    network.settings = CALM_NETWORK;
    for (const broker of brokers) broker.isSilent = false;
    for (const node of nodes) {
      node.disk.health.full = false;
      node.disk.health.failNextSync = false;
      node.disk.health.failNextRead = false;
      node.disk.health.syncMs = 0.3;
      if (node.disk.isForeign) node.mountOwn();
      if (node.process?.isPaused === true) node.process.resume();
      node.start();
    }
  }

  #next(): void {
    this.#targets.world.after(this.#random.exponential(this.#plan.meanBetweenFaultsMs), () => {
      if (this.#healed) return;
      const kind = this.#random.pick(this.#allowed);
      const node = this.#random.pick(this.#targets.nodes);
      if (!this.#plan.muted.has(kind)) ACTIONS.get(kind)!(this.#context, node);
      this.#next();
    });
  }

  /** A process that ended is started again after a while; a replica that forgot something is like the others once it has everything. */
  #supervise(): void {
    this.#targets.world.after(50, () => {
      for (const node of this.#targets.nodes) {
        if (!node.isUp && (this.#healed || this.#random.chance(0.1))) node.start();
        if (this.atlas.removed === node.id && this.#isVoterAgain(node)) this.atlas.isBack(this.#targets.world.nowMs);
        if (this.atlas.forgetful.has(node.id) && node.hasEverything()) this.atlas.caughtUp(node.id);
      }
      this.#supervise();
    });
  }

  /** As its leader knows, and for sure: the set with it is committed. */
  #isVoterAgain(node: SimNode): boolean {
    const leader = this.#targets.nodes.find(({ isLeader }) => isLeader);
    const committed = leader?.raft?.status().committedVoters ?? [];
    return committed.length === this.#targets.nodes.length && node.isVoter;
  }

  /** Soon after a proposal some of its batches are on some disks and with some followers. */
  #crashMidWrite(node: SimNode): void {
    if (this.#healed || !this.#random.chance(0.01)) return;
    const { process } = node;
    this.#targets.trace.tally('fault crash-mid-write');
    this.#later(this.#random.between(0, 4), () => {
      if (process !== undefined && node.process === process) node.crash();
    });
  }

  #during(what: string, begin: () => void, end: () => void): void {
    this.#context.note(`FAULT ${what}`);
    begin();
    this.#later(this.#random.between(0.1, 1) * this.#plan.maxFaultMs, () => {
      this.#context.note(`ends: ${what}`);
      end();
    });
  }

  #later(delayMs: number, run: () => void): void {
    this.#targets.world.after(delayMs, () => {
      if (!this.#healed) run();
    });
  }
}
