import { violated } from '../violation.js';

/** What a client was told of one topic; names are never used twice. */
export type TopicFate = 'created' | 'deleted' | 'unknown';

/**
 * A change that a client was told of is there for ever. Clients note what they were told; at the end every image is held
 * against it.
 */
export class AcknowledgedIsNeverLost {
  readonly #fates = new Map<string, TopicFate>();

  /** A change of that topic has begun and nobody was told the outcome yet. */
  began(topic: string): void {
    this.#fates.set(topic, 'unknown');
  }

  acknowledged(topic: string, fate: 'created' | 'deleted'): void {
    this.#fates.set(topic, fate);
  }

  get count(): number {
    return this.#fates.size;
  }

  check(nodeId: number, hasTopic: (name: string) => boolean): void {
    for (const [name, fate] of this.#fates) {
      if (fate === 'created' && !hasTopic(name)) violated('acknowledged-is-never-lost', `node ${nodeId} lacks topic ${name}, whose creation was acknowledged`);
      if (fate === 'deleted' && hasTopic(name)) violated('acknowledged-is-never-lost', `node ${nodeId} still has topic ${name}, whose deletion was acknowledged`);
    }
  }
}
