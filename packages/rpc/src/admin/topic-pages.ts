import type { MetadataView, TopicRow } from '@quorate/metadata-image';
import type { ImageReader } from './image-reader.js';
import { keyAfter, pageOf, pageSize, type Page } from './paging.js';

export interface TopicPageRequest {
  readonly pageSize: number;
  readonly pageToken: string;
  readonly namePrefix: string;
}

/**
 * Topics by name, page by page. The sorted list is made when it is first asked for after a change of the topics, and kept
 * for the pages that follow: walking all pages sorts once.
 */
export class TopicPages {
  #sorted: readonly TopicRow[] | undefined;

  constructor(reader: ImageReader) {
    reader.onDelta((delta) => {
      if (delta === undefined || delta.changes.some(({ kind }) => kind === 'topicCreated' || kind === 'topicDeleted' || kind === 'partitionCreated')) this.#sorted = undefined;
    });
  }

  page(view: MetadataView, request: TopicPageRequest): Page<TopicRow> {
    const size = pageSize(request.pageSize);
    const list = `topics ${request.namePrefix}`;
    const after = keyAfter(list, request.pageToken);
    const sorted = this.#allSorted(view);
    const start = after === undefined ? firstAt(sorted, (name) => !isBelow(name, request.namePrefix)) : firstAt(sorted, (name) => isBelow(after, name));
    const end = firstAt(sorted, (name) => !isBelow(name, request.namePrefix) && !name.startsWith(request.namePrefix));
    return pageOf(list, sorted, ({ name }) => name, { start, end, size });
  }

  #allSorted(view: MetadataView): readonly TopicRow[] {
    this.#sorted ??= [...view.topics()].sort((a, b) => (isBelow(a.name, b.name) ? -1 : 1));
    return this.#sorted;
  }
}

/** Topic names are ASCII, where the order of bytes is that of JavaScript's strings. */
function isBelow(a: string, b: string): boolean {
  return a < b;
}

/** Index of the first topic from which on `holds` is true; it must be false below and true above. */
function firstAt(sorted: readonly TopicRow[], holds: (name: string) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(sorted[middle]!.name)) high = middle;
    else low = middle + 1;
  }
  return low;
}
