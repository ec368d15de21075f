/** What a process of ours ends with. Also in README and docs/operations. */
export const EXIT_CODE = {
  /** Stopped because it was asked to. */
  stopped: 0,
  /** A bug of ours: an invariant broke, an error nobody expected. */
  bug: 1,
  /** A key, flag or file of the configuration is wrong; the message names it. */
  configuration: 2,
  /** The data directory is unformatted, half-formatted, of another node or cluster, or damaged. */
  dataDirectory: 3,
  /** A port is taken. */
  address: 4,
  /** A write or fsync of the log failed: nothing of what followed was answered. */
  diskFailure: 5,
  /** A committed record could not be applied. */
  replayFailure: 6,
  /** The cluster refused this node: another cluster id, another recovery id, not one of its voters. */
  refusedByCluster: 7,
  /** The broker could not register in time. */
  notRegistered: 8,
} as const;

export type ExitReason = keyof typeof EXIT_CODE;

/** Why a process cannot start or go on, for the person who runs it: one message, no stack. */
export class ProcessRefusal extends Error {
  readonly reason: ExitReason;

  constructor(reason: ExitReason, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'ProcessRefusal';
    this.reason = reason;
  }
}
