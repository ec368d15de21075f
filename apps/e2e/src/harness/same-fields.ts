/**
 * Fields whose value differs from run to run: ids that are made, who happens to lead, offsets, epochs and times. They must be
 * there, with the same type; everything else must be equal.
 */
const VARIES = new Set([
  'clusterId', 'topicId', 'directoryId', 'directories', 'leader', 'replicas', 'isr', 'status', 'leaderId', 'leaderEpoch', 'activeControllerId', 'answeredBy', 'answeredAt',
  'offset', 'servedAtOffset', 'highWatermark', 'logEndOffset', 'endOffset', 'lag', 'maxFollowerLag', 'maxFollowerLagTimeMs', 'lastFetchAgeMs', 'lastCaughtUpAgeMs',
  'nodeId', 'epoch', 'trigger', 'previousLeaderId', 'noticingMs', 'nextPageToken', 'lastEpoch', 'attempt', 'startedAt', 'waitingMs', 'preVoteMs', 'voteMs', 'totalMs', 'voterId', 'granted', 'refusal', 'afterMs',
]);

/** Fields that are there only where there is something to say: a leader before this one, a moment at which a broker had everything. */
const OPTIONAL = new Set(['previousLeaderId', 'noticingMs', 'lastCaughtUpAgeMs']);

/** Lists whose entries are not alike (who did not answer has no log position) and come in any order. */
const IN_ANY_ORDER = new Set(['preVotes', 'votes']);

/** Where an answer differs from the documented one in what must not; empty when it is the same. */
export function differences(documented: unknown, actual: unknown, path = '$', key = ''): readonly string[] {
  if (kindOf(documented) !== kindOf(actual)) return [`${path}: ${kindOf(documented)} in the documentation, ${kindOf(actual)} here`];
  if (Array.isArray(documented)) return differencesOfLists(documented, actual as unknown[], path, key);
  if (typeof documented === 'object' && documented !== null) return differencesOfFields(documented, actual as object, path);
  return VARIES.has(key) || documented === actual ? [] : [`${path}: ${JSON.stringify(documented)} in the documentation, ${JSON.stringify(actual)} here`];
}

function differencesOfLists(documented: readonly unknown[], actual: readonly unknown[], path: string, key: string): readonly string[] {
  if (IN_ANY_ORDER.has(key)) return differences(merged(documented), merged(actual), `${path}[]`);
  if (documented.length !== actual.length) return [`${path}: ${documented.length} entries in the documentation, ${actual.length} here`];
  return documented.flatMap((item, index) => differences(item, actual[index], `${path}[${index}]`, key));
}

function differencesOfFields(documented: object, actual: object, path: string): readonly string[] {
  const theirs = new Map<string, unknown>(Object.entries(actual));
  const found = Object.entries(documented).flatMap(([key, value]) => {
    if (theirs.has(key)) return differences(value, theirs.get(key), `${path}.${key}`, key);
    return OPTIONAL.has(key) ? [] : [`${path}.${key}: only in the documentation`];
  });
  const more = [...theirs.keys()].filter((key) => !(key in documented) && !OPTIONAL.has(key));
  return [...found, ...more.map((key) => `${path}.${key}: not in the documentation`)];
}

/** All fields that any entry has. */
function merged(items: readonly unknown[]): object {
  return Object.assign({}, ...items) as object;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}
