import { parseInitialControllers, type ServerConfig } from '@quorate/config';
import { EPOCH_LEAP, overrideVoters, verifyDirectory, type VerifiedDirectory } from '@quorate/metadata-log/tools';
import { NodeFileSystem } from '@quorate/metadata-log/node';
import type { Voter } from '@quorate/raft-core';
import { CommandError, succeed, type CliCommand, type CommandWorld } from './command.js';
import { describeVerified } from './log-verify.js';
import { chosenDirectory, logOperation, takeDirectory, type OfflineDirectory } from './offline-directory.js';
import { readFlags, requiredFlag } from './read-flags.js';
import { ReadOnlyFiles } from './read-only-files.js';
import { makeRecoveryId } from './recovery-id.js';

const USAGE = 'quorate quorum override-voters -c FILE --voters ID@HOST:PORT:DIRECTORY-ID[,…] [--confirm CLUSTER-ID]';

/** All versions of kraft.version that this software speaks. */
const KRAFT_VERSION_RANGE = { min: 0, max: 1 };

/**
 * Makes one surviving node's log the cluster's history after the majority of the voters was lost for good. Without
 * `--confirm` it shows what this node holds and what would be lost, and changes nothing.
 */
export const quorumOverrideVoters: CliCommand = {
  name: 'quorum override-voters',
  usage: USAGE,
  summary: 'AFTER THE LOSS OF A MAJORITY: makes this stopped node\'s log the truth, with new voters; loses what it does not hold',
  run: async (args, world) => {
    const flags = readFlags(args, USAGE, { config: { type: 'string', short: 'c' }, voters: { type: 'string' }, confirm: { type: 'string' } });
    const { path, config } = chosenDirectory({ config: flags.config }, USAGE, world.environment);
    const voters = readVoters(config!, requiredFlag(flags.voters, '--voters', USAGE));
    const directory = await takeDirectory(path, 'write');
    try {
      if (!directory.hasLog) throw new CommandError(`${path} holds no metadata log: this is for a controller that was a voter`);
      const verified = verifyDirectory(new ReadOnlyFiles(path), directory.properties);
      checkVoters(directory, voters);
      const lines = explain(directory, verified, voters);
      if (verified.kind === 'damaged') throw new CommandError(`${lines.join('\n')}\n\nThis log is damaged and must not become the history of the cluster. Take another survivor, if there is one`);
      if (flags.confirm !== directory.properties.clusterId) {
        return { lines: [...lines, '', `Nothing was changed. To do it: --confirm ${directory.properties.clusterId}`], exitCode: 1 };
      }
      return succeed([...lines, '', ...(await override(directory, config!, voters, world))]);
    } finally {
      directory.release();
    }
  },
};

function explain(directory: OfflineDirectory, verified: VerifiedDirectory, voters: readonly Voter[]): string[] {
  const { log, snapshots, voters: before } = verified;
  const newest = snapshots.reduce((max, { endOffset }) => Math.max(max, endOffset), 0);
  const own = directory.properties.nodeId;
  const lost = (before ?? []).filter(({ id, directoryId }) => !voters.some((voter) => voter.id === id && voter.directoryId === directoryId));
  return [
    ...describeVerified(directory, verified),
    '',
    'THIS IS FOR A MAJORITY THAT IS LOST FOR GOOD. If any other voter can still be started, start it instead.',
    `Kept:   all that stands in this log, offsets below ${log.endOffset}, whether a majority had it or not.`,
    `Lost:   whatever was acknowledged and is not in this log. Nobody can say how much: a node does not write down what is committed. ` +
      `${newest === 0 ? 'There is no snapshot that tells of a committed offset.' : `Its newest snapshot says that offset ${newest} was committed.`} Look at the other nodes' disks, if they can be read: \`quorate log verify\` on each, and take the one with the highest last epoch, then the highest end offset.`,
    `Voters: ${voters.map(({ id }) => (id === own ? `${id} (this node)` : id)).join(', ')}; no more: ${lost.map(({ id, directoryId }) => `${id} (${directoryId})`).join(', ') || 'nobody'}.`,
    `Epoch:  at least ${Math.max(log.lastEpoch, verified.election?.state?.epoch ?? 0) + EPOCH_LEAP}, above any that these voters are likely to have seen.`,
    'Others: the cluster gets a new recovery id. Nodes of before, controllers and brokers, are refused until they rejoin empty.',
  ];
}

async function override(directory: OfflineDirectory, config: ServerConfig, voters: readonly Voter[], { randomBytes }: CommandWorld): Promise<string[]> {
  const { path, properties } = directory;
  const recoveryId = makeRecoveryId(randomBytes, Date.now());
  logOperation(path, 'quorum override-voters', { step: 'begun', recoveryIdBefore: properties.recoveryId, recoveryId, voters });
  const open = { nodeId: config.nodeId, clusterId: config.clusterId, timers: { nowMs: () => performance.now(), arm: () => undefined }, segmentBytes: config.metadataLog.segmentBytes, cacheBytes: 0 };
  const result = await new Promise<Parameters<Parameters<typeof overrideVoters>[2]>[0]>((resolve) => {
    overrideVoters(new NodeFileSystem(path), { open, voters, recoveryId, appendTimeMs: Date.now() }, resolve);
  });
  if (result.kind === 'refused') throw new CommandError(`${path}: ${result.message}`);
  logOperation(path, 'quorum override-voters', { step: 'done', recoveryId, epoch: result.epoch, offset: result.offset });
  return [
    `Done: the new voters stand at offset ${result.offset}, epoch ${result.epoch}.`,
    `recovery.id ${recoveryId}`,
    'Next:',
    '  1. Start this node. It leads alone when it is the only voter.',
    `  2. Every other node of before, controller or broker, stopped: quorate log discard -c ITS-FILE --recovery-id ${recoveryId}`,
    `  3. A new node: quorate storage format -t ${properties.clusterId} -c ITS-FILE --recovery-id ${recoveryId} (controllers with --no-initial-controllers)`,
    '  4. Restart gateways and exporters.',
    '  5. Controllers of 2 and 3 run as observers: make them voters, one after the other: quorate quorum add-controller --controller-id ID --bootstrap-server …',
  ];
}

function readVoters(config: ServerConfig, text: string): readonly Voter[] {
  const parsed = parseInitialControllers(text);
  if (parsed.kind === 'refused') throw new CommandError(`--voters ${text}: ${parsed.problem}. Accepted: ${parsed.accepted}`);
  const name = config.controllerListenerNames[0] ?? 'CONTROLLER';
  return parsed.value.map(({ id, host, port, directoryId }) => ({ id, directoryId, endpoints: [{ name, host, port }], kraftVersion: KRAFT_VERSION_RANGE }));
}

function checkVoters({ path, properties }: OfflineDirectory, voters: readonly Voter[]): void {
  const self = voters.find(({ id }) => id === properties.nodeId);
  const entry = `${properties.nodeId}@HOST:PORT:${properties.directoryId}`;
  if (self === undefined) throw new CommandError(`--voters does not name this node: its log is the one that goes on. Write ${entry}`);
  if (self.directoryId !== properties.directoryId) throw new CommandError(`--voters names node ${self.id} with directory id ${self.directoryId}, but ${path} is ${properties.directoryId}. Write ${entry}`);
}
