import type { CallContext } from './call-context.js';
import type { StreamPair } from './handlers.js';

export interface Answering<In, Out, Item, Answer> {
  readonly itemsOf: (message: In) => readonly Item[];
  /** Does what the item asks; `answer` is called exactly once, perhaps before this returns. */
  readonly take: (item: Item, answer: (answer: Answer) => void) => void;
  readonly messageOf: (answers: readonly Answer[]) => Out;
  /** Runs it when the answers that belong together are there. */
  readonly soon: (flush: () => void) => void;
}

/** Items of one stream that wait for an answer before it is no longer read: the caller is held back, not refused. */
const MAX_WAITING = 4096;

/**
 * A stream of items, several a message, each answered for itself; answers that become known together go out together. Who
 * sends too much, or reads too slowly, is not read until that has changed. What was taken is answered before the stream
 * ends, also when the server stops.
 */
export function serveAnswers<In, Out, Item, Answer>(
  stream: StreamPair<In, Out>,
  context: Pick<CallContext, 'onStopping'>,
  { itemsOf, take, messageOf, soon }: Answering<In, Out, Item, Answer>,
): void {
  let waiting = 0;
  let ended = false;
  let isPaused = false;
  let isSlowReader = false;
  let answers: Answer[] = [];

  const look = (): void => {
    const isTooMuch = waiting >= (isPaused ? MAX_WAITING / 2 : MAX_WAITING) || isSlowReader || ended;
    if (isTooMuch === isPaused) return;
    isPaused = isTooMuch;
    if (isTooMuch) stream.pause();
    else stream.resume();
  };
  const flush = (): void => {
    const batch = answers;
    answers = [];
    if (batch.length > 0 && !stream.send(messageOf(batch))) isSlowReader = true;
    if (ended && waiting === 0) return stream.end();
    look();
  };
  const finish = (): void => {
    ended = true;
    flush();
  };

  stream.onMessage((message) => {
    const items = itemsOf(message);
    const release = stream.hold(message);
    let left = items.length;
    if (left === 0) release();
    waiting += left;
    for (const item of items) {
      take(item, (answer) => {
        waiting -= 1;
        left -= 1;
        if (left === 0) release();
        if (answers.push(answer) === 1) soon(flush);
      });
    }
    look();
  });
  stream.onDrain(() => {
    isSlowReader = false;
    look();
  });
  stream.onEnd(finish);
  context.onStopping(finish);
}
