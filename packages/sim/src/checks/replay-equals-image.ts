import { violated } from '../violation.js';

/** A replay of the whole log into an empty image gives the image that a node came to step by step, crashes included. */
export class ReplayEqualsImage {
  check(nodeId: number, image: { readonly offset: number; readonly digest: string }, replayed: { readonly offset: number; readonly digest: string }): void {
    if (image.offset === replayed.offset && image.digest === replayed.digest) return;
    violated('replay-equals-image', `node ${nodeId} holds ${image.digest} at ${image.offset}, its log replays to ${replayed.digest} at ${replayed.offset}`);
  }
}
