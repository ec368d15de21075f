import type { Uuid } from '@quorate/records';
import { discardLog, replaceProperties, verifyDirectory } from '@quorate/metadata-log/tools';
import { NodeFileSystem } from '@quorate/metadata-log/node';
import { CommandError, succeed, type CliCommand, type CommandResult, type CommandWorld } from './command.js';
import { chosenDirectory, logOperation, takeDirectory, type OfflineDirectory } from './offline-directory.js';
import { makeUuid } from './random-uuid.js';
import { readFlags } from './read-flags.js';
import { ReadOnlyFiles } from './read-only-files.js';
import { readRecoveryId } from './recovery-id.js';

const USAGE = 'quorate log discard -c FILE [--recovery-id ID] [--confirm DIRECTORY-ID]';

/**
 * Makes a stopped node rejoin empty: a controller's log is moved aside and the directory gets a new directory id; a
 * broker's directories stay. All of them get the recovery id of the history that the node shall join. Without `--confirm`
 * it only says what it would do.
 */
export const logDiscard: CliCommand = {
  name: 'log discard',
  usage: USAGE,
  summary: "moves a stopped node's log aside, so that it rejoins empty, as a new replica",
  run: async (args, world) => {
    const flags = readFlags(args, USAGE, { config: { type: 'string', short: 'c' }, 'recovery-id': { type: 'string' }, confirm: { type: 'string' } });
    const { path, config } = chosenDirectory({ config: flags.config }, USAGE, world.environment);
    const others = (config?.logDirs ?? []).filter((directory) => directory !== path);
    const taken: OfflineDirectory[] = [];
    try {
      // One after the other: the second lock of one directory would be refused.
      for (const directory of [path, ...others]) taken.push(await takeDirectory(directory, 'write'));
      return await discard(taken, { recoveryId: readRecoveryId(flags['recovery-id']), confirmed: flags.confirm }, world);
    } finally {
      for (const directory of taken) directory.release();
    }
  },
};

interface Wanted {
  readonly recoveryId: Uuid | undefined;
  readonly confirmed: string | undefined;
}

async function discard(taken: readonly OfflineDirectory[], { recoveryId: wanted, confirmed }: Wanted, { randomBytes }: CommandWorld): Promise<CommandResult> {
  const [metadata] = taken as readonly [OfflineDirectory];
  const { properties, hasLog } = metadata;
  const recoveryId = wanted ?? properties.recoveryId;
  if (!hasLog && taken.every((directory) => directory.properties.recoveryId === recoveryId)) {
    throw new CommandError(`${metadata.path} holds no metadata log, and its recovery id is ${recoveryId} already: there is nothing to discard`);
  }
  const lines = hasLog ? explainLog(metadata, recoveryId !== properties.recoveryId) : [`${metadata.path} belongs to broker ${properties.nodeId} of cluster ${properties.clusterId}. It has no metadata log; its directories stay, under their directory ids.`];
  if (recoveryId !== properties.recoveryId) lines.push(`recovery.id changes from ${properties.recoveryId} to ${recoveryId}: the node joins the cluster as it is since the lost majority was overridden.`);
  if (confirmed !== properties.directoryId) {
    lines.push('', `Nothing was changed. To do it: --confirm ${properties.directoryId}`);
    if (confirmed !== undefined) lines.push(`(--confirm says ${confirmed}, which is not this directory.)`);
    return { lines, exitCode: 1 };
  }
  for (const directory of taken) {
    const isLog = directory === metadata && hasLog;
    if (isLog) lines.push('', ...(await discardOne(directory, { newDirectoryId: makeUuid(randomBytes), recoveryId })));
    else await rewrite(directory, recoveryId);
    logOperation(directory.path, 'log discard', { directoryId: directory.properties.directoryId, recoveryIdBefore: directory.properties.recoveryId, recoveryId });
  }
  lines.push(`Done. Start the node; it fetches everything from the leader.`);
  return succeed(lines);
}

/** What it means for the quorum that this log goes. */
function explainLog({ path, properties }: OfflineDirectory, joinsOtherHistory: boolean): string[] {
  const { voters, log } = verifyDirectory(new ReadOnlyFiles(path), properties);
  const isVoter = voters?.some(({ id, directoryId }) => id === properties.nodeId && directoryId === properties.directoryId) ?? false;
  const head = `${path}: node ${properties.nodeId} of cluster ${properties.clusterId}, log up to offset ${log.endOffset} (epoch ${log.lastEpoch}), directory id ${properties.directoryId}.`;
  if (joinsOtherHistory) return [head, 'In the history that it joins it is no voter. What stands in this log and not in that history is not taken over.'];
  if (!isVoter) return [head, 'According to its own log it is no voter: no vote is lost with it.'];
  const rest = (voters?.length ?? 1) - 1;
  if (rest === 0) {
    throw new CommandError(`${head} It is the only voter of its cluster: discarding its log would lose the cluster. Nothing was changed. Move the directory away by hand if that is what you want`);
  }
  return [
    head,
    `It is one of ${rest + 1} voters according to its own log. The voter {${properties.nodeId}, ${properties.directoryId}} goes for good: it still counts for the majority until it is removed, ` +
      `so that ${Math.floor((rest + 1) / 2) + 1} of the other ${rest} voters must be up meanwhile.`,
    'The node comes back as an observer under a new directory id. To make it a voter again, while the others run: quorate quorum remove-controller of the old one, then quorate quorum add-controller.',
  ];
}

async function discardOne({ path, properties }: OfflineDirectory, { newDirectoryId, recoveryId }: { readonly newDirectoryId: Uuid; readonly recoveryId: Uuid }): Promise<string[]> {
  const result = await new Promise<Parameters<Parameters<typeof discardLog>[2]>[0]>((resolve) => discardLog(new NodeFileSystem(path), { properties, newDirectoryId, recoveryId }, resolve));
  if (result.kind === 'refused') throw new CommandError(`${path}: ${result.message}`);
  return [`The old log lies in ${path}/${result.keptIn}; delete it when nobody wants to look at it any more.`, `The directory's new directory id is ${newDirectoryId}.`];
}

function rewrite({ path, properties }: OfflineDirectory, recoveryId: Uuid): Promise<void> {
  return new Promise((resolve, reject) => {
    replaceProperties(new NodeFileSystem(path), { ...properties, recoveryId }, (error) => (error === undefined ? resolve() : reject(new CommandError(`${path}: ${error.message}`, { cause: error }))));
  });
}
