import type { Server } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';

/** What can be asked of `grpc.health.v1.Health`; the empty name answers like readiness. */
export type HealthName = 'liveness' | 'readiness' | 'leader';

/**
 * Health of a process. Liveness: the event loop turns. Readiness: it can do its work (a controller knows its leader and has
 * applied up to the high watermark). Leader: it is the active controller. Readiness never requires to be leader.
 */
export class Health {
  readonly #states = new Map<HealthName, boolean>([
    ['liveness', true],
    ['readiness', false],
    ['leader', false],
  ]);
  readonly #implementations: HealthImplementation[] = [];
  readonly #serviceNames = new Set<string>();
  #stopping = false;

  /** Serves it; the services answer like readiness. */
  addTo(server: Server, serviceNames: readonly string[]): void {
    const implementation = new HealthImplementation(Object.fromEntries(['', ...this.#states.keys(), ...serviceNames].map((name) => [name, 'NOT_SERVING' as const])));
    implementation.addToServer(server);
    this.#implementations.push(implementation);
    for (const name of serviceNames) this.#serviceNames.add(name);
    for (const [name, serving] of this.#states) this.#publish(name, serving);
  }

  is(name: HealthName): boolean {
    return this.#states.get(name) === true;
  }

  set(name: HealthName, serving: boolean): void {
    if (this.#stopping || this.#states.get(name) === serving) return;
    this.#states.set(name, serving);
    this.#publish(name, serving);
  }

  /** The process is going: not ready from now on, whatever happens. Still alive until it is gone. */
  stopping(): void {
    this.set('readiness', false);
    this.set('leader', false);
    this.#stopping = true;
  }

  #publish(name: HealthName, serving: boolean): void {
    const names = name === 'readiness' ? ['', name, ...this.#serviceNames] : [name];
    for (const implementation of this.#implementations) {
      for (const each of names) implementation.setStatus(each, serving ? 'SERVING' : 'NOT_SERVING');
    }
  }
}
