import type { Random } from './random.js';
import type { World } from './world.js';

/** How messages fare. Probabilities are per message. */
export interface NetworkSettings {
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  readonly lossProbability: number;
  readonly duplicateProbability: number;
  /** A message that is held back so long that others overtake it. */
  readonly reorderProbability: number;
  readonly reorderDelayMs: number;
}

/** A network without faults, for healing. */
export const CALM_NETWORK: NetworkSettings = {
  minDelayMs: 0.2,
  maxDelayMs: 1,
  lossProbability: 0,
  duplicateProbability: 0,
  reorderProbability: 0,
  reorderDelayMs: 0,
};

/**
 * Links between addresses (any numbers), each direction on its own. A link can be blocked: what is sent is lost, as when a
 * switch drops packets; nothing tells the sender. What is under way when a link is blocked still arrives.
 */
export class Network {
  readonly #world: World;
  readonly #random: Random;
  readonly #blocked = new Set<string>();
  /** Extra delay of a clogged link, in milliseconds. */
  readonly #clogged = new Map<string, number>();
  /** Probability that a message on a lossy link is lost. */
  readonly #lossy = new Map<string, number>();
  /** When the last message of a link arrives: without a fault, none overtakes it, as on a stream. */
  readonly #lastArrivalMs = new Map<string, number>();
  settings: NetworkSettings;
  sentCount = 0;
  lostCount = 0;
  duplicatedCount = 0;
  overtakenCount = 0;

  constructor(world: World, random: Random, settings: NetworkSettings) {
    this.#world = world;
    this.#random = random;
    this.settings = settings;
  }

  isBlocked(from: number, to: number): boolean {
    return this.#blocked.has(key(from, to));
  }

  /** Whether both directions pass. */
  isConnected(a: number, b: number): boolean {
    return !this.isBlocked(a, b) && !this.isBlocked(b, a);
  }

  block(from: number, to: number): void {
    this.#blocked.add(key(from, to));
  }

  clog(from: number, to: number, delayMs: number): void {
    this.#clogged.set(key(from, to), delayMs);
  }

  /** Some messages in this direction are lost; the other direction is sound. */
  lose(from: number, to: number, probability: number): void {
    this.#lossy.set(key(from, to), probability);
  }

  heal(): void {
    this.#blocked.clear();
    this.#clogged.clear();
    this.#lossy.clear();
  }

  /** One message; `deliver` is called once, twice, or never. */
  send(from: number, to: number, deliver: () => void): void {
    this.sentCount += 1;
    const isLost = this.#random.chance(this.#lossy.get(key(from, to)) ?? this.settings.lossProbability);
    if (isLost || this.isBlocked(from, to)) {
      this.lostCount += 1;
      return;
    }
    this.#world.at(this.#arrivalMs(from, to), deliver);
    if (!this.#random.chance(this.settings.duplicateProbability)) return;
    this.duplicatedCount += 1;
    this.#world.at(this.#arrivalMs(from, to), deliver);
  }

  #arrivalMs(from: number, to: number): number {
    const { minDelayMs, maxDelayMs, reorderProbability, reorderDelayMs } = this.settings;
    const link = key(from, to);
    const usualMs = this.#world.nowMs + this.#random.between(minDelayMs, maxDelayMs) + (this.#clogged.get(link) ?? 0);
    if (this.#random.chance(reorderProbability)) {
      this.overtakenCount += 1;
      return usualMs + this.#random.between(0, reorderDelayMs);
    }
    const arrivalMs = Math.max(usualMs, this.#lastArrivalMs.get(link) ?? 0);
    this.#lastArrivalMs.set(link, arrivalMs);
    return arrivalMs;
  }
}

function key(from: number, to: number): string {
  return `${from}>${to}`;
}
