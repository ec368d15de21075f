import { violated } from '../violation.js';

/**
 * An answer's offset is committed, and its image holds it, when the answer is given: refusals and no-ops included, so that
 * nobody learns of a change that may yet vanish (design §3).
 */
export class RepliesAreCommitted {
  answered(nodeId: number, offset: number, state: { readonly stableOffset: number; readonly committedAnywhere: number }): void {
    if (offset > state.stableOffset) violated('replies-are-committed', `node ${nodeId} answers with offset ${offset}, its image holds ${state.stableOffset}`);
    if (offset > state.committedAnywhere) violated('replies-are-committed', `node ${nodeId} answers with offset ${offset}; ${state.committedAnywhere} is committed`);
  }
}
