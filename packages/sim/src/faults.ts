import type { SimBroker } from './broker.js';
import type { SimCache } from './cache.js';
import type { FaultKind, FaultPlan } from './fault-plan.js';
import { CALM_NETWORK } from './network.js';
import type { Network } from './network.js';
import type { SimNode } from './node.js';
import type { Random } from './random.js';
import type { Trace } from './trace.js';
import type { World } from './world.js';

/** Faults that happen at a moment; the others are settings of the whole world. */
const MOMENTARY: readonly FaultKind[] = [
  'clogged-links',
  'partition-symmetric',
  'partition-one-way',
  'partition-bridge',
  'isolate-leaders',
  'crash',
  'crash-all',
  'graceful-stop',
  'pause',
  'wall-clock-jump',
  'slow-disk',
  'fsync-error',
  'disk-full',
  'bit-rot',
  'silent-broker',
  'cache-restart',
];

export interface FaultTargets {
  readonly world: World;
  readonly network: Network;
  readonly nodes: readonly SimNode[];
  readonly brokers: readonly SimBroker[];
  readonly caches: readonly SimCache[];
  readonly trace: Trace;
}

/** Brings about what the plan allows, one fault after the other, until it is told to heal everything. */
export class Faults {
  readonly #plan: FaultPlan;
  readonly #random: Random;
  readonly #targets: FaultTargets;
  readonly #allowed: readonly FaultKind[];
  #healed = false;
  /** Nodes whose disk may be lost; never so many that the others are no majority. */
  readonly #mayRot = new Set<SimNode>();

  constructor(plan: FaultPlan, random: Random, targets: FaultTargets) {
    this.#plan = plan;
    this.#random = random;
    this.#targets = targets;
    this.#allowed = MOMENTARY.filter((kind) => plan.kinds.has(kind));
  }

  start(): void {
    this.#restartStopped();
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
      node.disk.health.syncMs = 0.3;
      if (node.process?.isPaused === true) node.process.resume();
      node.start();
    }
  }

  #next(): void {
    this.#targets.world.after(this.#random.exponential(this.#plan.meanBetweenFaultsMs), () => {
      if (this.#healed) return;
      const kind = this.#random.pick(this.#allowed);
      if (!this.#plan.muted.has(kind)) this.#happen(kind);
      this.#next();
    });
  }

  /** Like a supervisor: a process that ended is started again after a while. */
  #restartStopped(): void {
    this.#targets.world.after(50, () => {
      for (const node of this.#targets.nodes) if (!node.isUp && (this.#healed || this.#random.chance(0.1))) node.start();
      this.#restartStopped();
    });
  }

  #happen(kind: FaultKind): void {
    this.#targets.trace.tally(`fault ${kind}`);
    const { nodes, brokers, network } = this.#targets;
    const node = this.#random.pick(nodes);
    const ids = nodes.map(({ id }) => id);
    switch (kind) {
      case 'crash':
        if (node.isUp) this.#random.chance(0.7) ? node.crash() : node.kill();
        return;
      case 'crash-all':
        if (this.#random.chance(0.3)) for (const each of nodes) if (each.isUp) each.crash();
        return;
      case 'graceful-stop':
        return node.stop();
      case 'pause':
        return this.#pause(node);
      case 'wall-clock-jump':
        node.trace('wall clock jumps');
        return node.jumpWallClock(this.#random.between(-5000, 5000));
      case 'slow-disk':
        return this.#during(`disk of n${node.id} is slow`, () => (node.disk.health.syncMs = this.#random.pick([10, 100, 400])), () => (node.disk.health.syncMs = this.#plan.syncMs));
      case 'fsync-error':
        node.trace('next sync fails');
        node.disk.health.failNextSync = true;
        return;
      case 'disk-full':
        return this.#during(`disk of n${node.id} is full`, () => (node.disk.health.full = true), () => (node.disk.health.full = false));
      case 'bit-rot':
        return this.#rot(node);
      case 'silent-broker': {
        const broker = this.#random.pick(brokers);
        return this.#during(`broker ${broker.id} is silent`, () => (broker.isSilent = true), () => (broker.isSilent = false));
      }
      case 'cache-restart':
        if (this.#targets.caches.length > 0) this.#random.pick(this.#targets.caches).restart();
        return;
      case 'clogged-links': {
        const other = this.#random.pick(ids);
        return this.#links(`n${node.id} to n${other} is clogged`, () => network.clog(node.id, other, this.#random.between(20, 800)));
      }
      case 'partition-symmetric':
        return this.#partition(ids);
      case 'partition-one-way':
        return this.#oneWay(node.id, ids);
      case 'partition-bridge':
        return this.#bridge(ids);
      case 'isolate-leaders':
        return this.#isolateLeaders(3);
      default:
        return;
    }
  }

  /** After a graceful stop on a sound disk the flushed marker covers the whole log: whatever rots then must be noticed. */
  #rot(node: SimNode): void {
    const { nodes } = this.#targets;
    if (!this.#mayRot.has(node) && 2 * (this.#mayRot.size + 1) >= nodes.length) return;
    this.#mayRot.add(node);
    const failuresBefore = node.disk.injectedFailures;
    node.stop(() => {
      if (node.disk.injectedFailures === failuresBefore) node.trace(`ROT in ${node.disk.rot()}`);
    });
  }

  /** Soon after a proposal some of its batches are on some disks and with some followers. */
  #crashMidWrite(node: SimNode): void {
    if (this.#healed || !this.#random.chance(0.01)) return;
    const { process } = node;
    this.#targets.trace.tally('fault crash-mid-write');
    this.#targets.world.after(this.#random.between(0, 4), () => {
      if (!this.#healed && process !== undefined && node.process === process) node.crash();
    });
  }

  #pause(node: SimNode): void {
    const { process } = node;
    if (process === undefined || process.isPaused) return;
    this.#during(`n${node.id} is paused`, () => process.pause(), () => process.isAlive && process.isPaused && process.resume());
  }

  /** Two sides that hear nothing of each other; often one node against the rest. */
  #partition(ids: readonly number[]): void {
    const sideA = this.#random.chance(0.5) ? [this.#random.pick(ids)] : ids.filter(() => this.#random.chance(0.5));
    const sideB = ids.filter((id) => !sideA.includes(id));
    this.#links(`partition ${sideA.join(',')} | ${sideB.join(',')}`, (network) => {
      for (const a of sideA) for (const b of sideB) blockBoth(network, a, b);
    });
  }

  /** Heard but deaf, or hearing but mute. */
  #oneWay(id: number, ids: readonly number[]): void {
    const outgoing = this.#random.chance(0.5);
    this.#links(`n${id} ${outgoing ? 'is not heard' : 'hears nothing'}`, (network) => {
      for (const other of ids) {
        if (other === id) continue;
        if (outgoing) network.block(id, other);
        else network.block(other, id);
      }
    });
  }

  /** Two sides that only one node in the middle reaches. */
  #bridge(ids: readonly number[]): void {
    const bridge = this.#random.pick(ids);
    const rest = ids.filter((id) => id !== bridge);
    const sideA = rest.filter((_, index) => index % 2 === 0);
    const sideB = rest.filter((_, index) => index % 2 === 1);
    this.#links(`only n${bridge} reaches both ${sideA.join(',')} and ${sideB.join(',')}`, (network) => {
      for (const a of sideA) for (const b of sideB) blockBoth(network, a, b);
    });
  }

  /** The leader is cut off, then at the moment it comes back its successor, and so on: what it wrote alone meets a new election. */
  #isolateLeaders(times: number): void {
    const { nodes, network, world, trace } = this.#targets;
    const leader = nodes.filter(({ isLeader }) => isLeader).sort((a, b) => b.epoch - a.epoch)[0];
    if (leader === undefined || this.#healed) return;
    trace.add(world.nowMs, undefined, `FAULT leader n${leader.id} is isolated`);
    for (const { id } of nodes) if (id !== leader.id) blockBoth(network, leader.id, id);
    world.after(this.#random.between(700, 1600), () => {
      if (this.#healed) return;
      network.heal();
      if (times > 1) this.#isolateLeaders(times - 1);
    });
  }

  #links(what: string, begin: (network: Network) => void): void {
    const { network } = this.#targets;
    this.#during(what, () => begin(network), () => network.heal());
  }

  #during(what: string, begin: () => void, end: () => void): void {
    const { world, trace } = this.#targets;
    trace.add(world.nowMs, undefined, `FAULT ${what}`);
    begin();
    world.after(this.#random.between(0.1, 1) * this.#plan.maxFaultMs, () => {
      if (this.#healed) return;
      trace.add(world.nowMs, undefined, `ends: ${what}`);
      end();
    });
  }
}

function blockBoth(network: Network, a: number, b: number): void {
  network.block(a, b);
  network.block(b, a);
}
