import { canStand, type CoreState } from './core-state.js';
import { earliest } from './deadlines.js';
import { fetcherDeadlineMs, keepFetching } from './fetching.js';
import type { UnattachedRole } from './role.js';
import { stand } from './rounds.js';

/** Without a leader: a voter stands when its time has come; everyone asks around meanwhile (KAFKA-17030). */
export function tickUnattached(core: CoreState, role: UnattachedRole): void {
  if (canStand(core) && role.standing.atMs <= core.nowMs) stand(core, role.standing);
}

export function driveUnattached(core: CoreState, role: UnattachedRole): void {
  keepFetching(core, role.fetcher);
}

export function unattachedDeadlineMs(core: CoreState, role: UnattachedRole): number | undefined {
  return earliest(fetcherDeadlineMs(core, role.fetcher), canStand(core) ? role.standing.atMs : undefined);
}
