import type { MetadataImage } from '@quorate/metadata-image';
import type { CallOutcome, ClientLink, Seen } from './client-link.js';
import type { SimNode } from './node.js';

/**
 * One linearizable read as a gateway does it: `asked`, whoever that is, says how much of the log the answer needs, if it can
 * prove that it leads; then the image of `reader`, any node, answers once it holds that much. Without proof there is no answer.
 */
export function readLinearizably<T>(
  link: ClientLink,
  { asked, reader, timeoutMs, see }: { readonly asked: SimNode; readonly reader: SimNode; readonly timeoutMs: number; readonly see: (image: MetadataImage) => T },
  done: (outcome: CallOutcome<Seen<T>>) => void,
): void {
  link.readIndex(asked, timeoutMs, (index) => {
    if (index.kind === 'ready') link.read(reader, index.offset, { timeoutMs, see }, done);
    else done({ kind: 'no-answer' });
  });
}
