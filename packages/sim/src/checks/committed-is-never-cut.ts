import { violated } from '../violation.js';

/** A log is never cut below what its node knows to be committed (kraft.md §3.6). */
export class CommittedIsNeverCut {
  truncated(nodeId: number, endOffset: number, highWatermark: number): void {
    if (endOffset < highWatermark) violated('committed-is-never-cut', `node ${nodeId} cuts its log to ${endOffset}, below its high watermark ${highWatermark}`);
  }
}
