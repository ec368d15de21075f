import { mkdirSync } from 'node:fs';
import { formatDirectory, inspectDirectory, type Formatted, type Refusal } from '@quorate/metadata-log';
import { NodeFileSystem } from '@quorate/metadata-log/node';
import type { MetadataRecord } from '@quorate/records';
import { readServerConfiguration } from '@quorate/roles';
import { CommandError, succeed, type CliCommand } from './command.js';
import { planFormat, type DirectoryPlan, type FormatMode } from './format-plan.js';
import { makeUuid } from './random-uuid.js';
import { readFlags, requiredFlag } from './read-flags.js';
import { readRecoveryId } from './recovery-id.js';

const USAGE =
  'quorate storage format -t CLUSTER-ID -c FILE [--standalone | --initial-controllers ID@HOST:PORT:DIRECTORY-ID,… | --no-initial-controllers] [--ignore-formatted] [--release-version V] [--recovery-id ID]';

/** The level that a new cluster gets: 3.9-IV0. Higher ones need rules that are not built yet. */
const METADATA_VERSION = { level: 21, name: '3.9-IV0' };

/**
 * Formats every data directory that the configuration names (kafka-storage format). All is decided and checked before the
 * first directory is touched; each is formatted or visibly is not.
 */
export const storageFormat: CliCommand = {
  name: 'storage format',
  usage: USAGE,
  summary: 'formats the data directories of one node; a server never does that by itself',
  run: async (args, { environment, randomBytes }) => {
    const flags = readFlags(args, USAGE, {
      'cluster-id': { type: 'string', short: 't' },
      config: { type: 'string', short: 'c' },
      standalone: { type: 'boolean', short: 's', default: false },
      'initial-controllers': { type: 'string', short: 'I' },
      'no-initial-controllers': { type: 'boolean', short: 'N', default: false },
      'ignore-formatted': { type: 'boolean', short: 'g', default: false },
      'release-version': { type: 'string', short: 'r' },
      'recovery-id': { type: 'string' },
    });
    const clusterId = requiredFlag(flags['cluster-id'], '-t/--cluster-id', USAGE);
    const file = requiredFlag(flags.config, '-c/--config', USAGE);
    refuseOtherRelease(flags['release-version']);
    const recoveryId = readRecoveryId(flags['recovery-id']);
    const { config, warnings } = readServerConfiguration([`--config=${file}`], environment);
    if (config.clusterId !== undefined && config.clusterId !== clusterId) {
      throw new CommandError(`-t says cluster ${clusterId}, cluster.id in ${file} says ${config.clusterId}: make them equal`);
    }
    const plan = planFormat(config, chosenMode(flags), () => makeUuid(randomBytes));
    const isController = config.roles.includes('controller');
    const lines = warnings.map((warning) => `warning: ${warning}`);
    const toFormat = plan.directories.filter((directory) => {
      const verdict = lookAt(directory, { clusterId, nodeId: config.nodeId, ignoreFormatted: flags['ignore-formatted'] });
      if (verdict !== undefined) lines.push(verdict);
      return verdict === undefined;
    });
    for (const directory of toFormat) {
      const kind = directory.holdsMetadata && isController ? 'metadata directory' : 'data directory';
      lines.push(`Formatting ${directory.path} (${kind}, directory.id ${directory.directoryId}) with metadata.version ${METADATA_VERSION.name}.`);
      mkdirSync(directory.path, { recursive: true });
      const result = await format(directory, {
        clusterId,
        nodeId: config.nodeId,
        directoryId: directory.directoryId,
        isController: isController && directory.holdsMetadata,
        initialVoters: directory.holdsMetadata ? plan.voters : undefined,
        bootstrapRecords: isController && directory.holdsMetadata ? bootstrapRecords() : undefined,
        recoveryId,
      });
      if (result.kind === 'refused') throw new CommandError(`${directory.path}: ${result.message}`);
    }
    return succeed(lines);
  },
};

type FormatRequest = Parameters<typeof formatDirectory>[1];

function format(directory: DirectoryPlan, request: FormatRequest): Promise<Formatted | Refusal> {
  return new Promise((resolve) => formatDirectory(new NodeFileSystem(directory.path), request, resolve));
}

/** What stands in the bootstrap checkpoint for the first leader ever to write. */
function bootstrapRecords(): readonly MetadataRecord[] {
  return [{ kind: 'FeatureLevel', version: 0, value: { name: 'metadata.version', featureLevel: METADATA_VERSION.level } }];
}

function refuseOtherRelease(wanted: string | undefined): void {
  if (wanted === undefined || wanted === METADATA_VERSION.name || wanted === '3.9') return;
  throw new CommandError(`--release-version ${wanted}: this software forms clusters of ${METADATA_VERSION.name} only; leave the flag out`);
}

function chosenMode(flags: { readonly standalone: boolean; readonly 'initial-controllers'?: string | undefined; readonly 'no-initial-controllers': boolean }): FormatMode {
  const modes: FormatMode[] = [];
  if (flags.standalone) modes.push({ kind: 'standalone' });
  if (flags['initial-controllers'] !== undefined) modes.push({ kind: 'initial-controllers', text: flags['initial-controllers'] });
  if (flags['no-initial-controllers']) modes.push({ kind: 'no-initial-controllers' });
  if (modes.length > 1) throw new CommandError(`write one of ${modes.map((mode) => `--${mode.kind}`).join(', ')}, not ${modes.length}`);
  return modes[0] ?? { kind: 'none' };
}

/** Undefined: may be formatted. A line: is formatted and may stay so. Throws where formatting would destroy or mix. */
function lookAt(directory: DirectoryPlan, wanted: { readonly clusterId: string; readonly nodeId: number; readonly ignoreFormatted: boolean }): string | undefined {
  const found = inspectDirectory(new NodeFileSystem(directory.path));
  switch (found.kind) {
    case 'empty':
    case 'half-formatted':
      return undefined;
    case 'formatted': {
      const { clusterId, nodeId } = found.properties;
      if (clusterId !== wanted.clusterId || nodeId !== wanted.nodeId) {
        throw new CommandError(`${directory.path} belongs to node ${nodeId} of cluster ${clusterId}, not to node ${wanted.nodeId} of cluster ${wanted.clusterId}. Name another directory, or move this one aside`);
      }
      if (wanted.ignoreFormatted) return `${directory.path} is formatted already.`;
      throw new CommandError(`${directory.path} is formatted already. Use --ignore-formatted to leave such directories alone and format the others`);
    }
    case 'unreadable-properties':
      throw new CommandError(`${directory.path}: meta.properties is not ours: ${found.problem}. Name another directory`);
    case 'without-properties':
      throw new CommandError(`${directory.path} holds a metadata log, but meta.properties is gone. Put it back, or move the directory aside`);
    case 'not-empty':
      throw new CommandError(`${directory.path} is not empty: ${found.entries.slice(0, 5).join(', ')}. Name an empty directory`);
  }
}
