import type { Command } from '@quorate/controller-core';
import type { Epoch, Offset } from '@quorate/records';
import type { SubmitOutcome } from './outcome.js';
import type { SnapshotReason } from './snapshot-maker.js';

/** What happens in the controller's loop, as data: for logs, metrics, spans and the simulator's trace. */
export type ControllerEvent =
  | { readonly kind: 'claimed'; readonly epoch: Epoch; readonly epochStartOffset: Offset }
  /** The first decision of the new leader is committed; periodic tasks begin. */
  | { readonly kind: 'activated'; readonly epoch: Epoch; readonly summary: string }
  | { readonly kind: 'renounced'; readonly epoch: Epoch; readonly reason: string }
  | { readonly kind: 'batchProposed'; readonly baseOffset: Offset; readonly endOffset: Offset; readonly bytes: number; readonly commands: number }
  | { readonly kind: 'proposalRefused'; readonly baseOffset: Offset; readonly reason: string }
  /** A command is answered. Times in milliseconds: until it was decided (absent when it never was), and in all. */
  | {
      readonly kind: 'commandAnswered';
      readonly command: Command['kind'];
      readonly outcome: SubmitOutcome['kind'];
      readonly queuedMs: number | undefined;
      readonly totalMs: number;
    }
  /** Its records could not be replayed, or deciding it threw: nothing of it was written, and leadership is given up. */
  | { readonly kind: 'poisonCommand'; readonly command: Command['kind']; readonly requestId: string | undefined; readonly message: string }
  | { readonly kind: 'snapshotBegun'; readonly reason: SnapshotReason; readonly endOffset: Offset; readonly epoch: Epoch }
  /** It is durable. Times in milliseconds: in all, and the longest that the event loop stood still for it at a time. */
  | {
      readonly kind: 'snapshotMade';
      readonly reason: SnapshotReason;
      readonly endOffset: Offset;
      readonly epoch: Epoch;
      readonly bytes: number;
      readonly records: number;
      readonly durationMs: number;
      readonly longestSliceMs: number;
    }
  /** Raft declined, or the disk is full: it exists already, lies before the log's start, or another one overtook it. */
  | { readonly kind: 'snapshotRefused'; readonly reason: SnapshotReason; readonly endOffset: Offset; readonly epoch: Epoch; readonly refusal: string }
  /** The node stops, or has loaded a later one. */
  | { readonly kind: 'snapshotGivenUp'; readonly reason: SnapshotReason; readonly endOffset: Offset; readonly epoch: Epoch }
  /** The image comes from a snapshot now: at start, or because the leader no longer had what followed our log. */
  | { readonly kind: 'snapshotLoaded'; readonly endOffset: Offset; readonly epoch: Epoch; readonly records: number; readonly durationMs: number };

export type ObserveController = (event: ControllerEvent, nowMs: number) => void;
