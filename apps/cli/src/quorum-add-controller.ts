import { controllerEndpoints, readServerConfiguration } from '@quorate/roles';
import type { AddVoterRequest, QuorumVoter } from '@quorate/records/gen/quorate/admin/v1/quorum';
import { inspectDirectory } from '@quorate/metadata-log';
import { NodeFileSystem } from '@quorate/metadata-log/node';
import { CommandError, succeed, type CliCommand } from './command.js';
import { CONNECTION_FLAGS, CONNECTION_USAGE, withQuorum } from './quorum-connection.js';
import { nodeIdFlag, readFlags } from './read-flags.js';

const USAGE = `quorate quorum add-controller ${CONNECTION_USAGE} --controller-id ID [--controller-directory-id DIRECTORY-ID] | --command-config FILE [--dry-run]`;

/**
 * Makes a controller that follows as an observer a voter (kafka-metadata-quorum add-controller). By its id, from anywhere: the
 * leader knows directory id and endpoints from the controller itself. With the controller's own file, on its host, all three
 * are taken from there.
 */
export const quorumAddController: CliCommand = {
  name: 'quorum add-controller',
  usage: USAGE,
  summary: 'makes a controller that follows the quorum a voter',
  run: async (args, { environment }) => {
    const flags = readFlags(args, USAGE, {
      ...CONNECTION_FLAGS,
      'controller-id': { type: 'string', short: 'i' },
      'controller-directory-id': { type: 'string', short: 'd' },
      'command-config': { type: 'string' },
      'dry-run': { type: 'boolean' },
    });
    const file = flags['command-config'];
    if ((file === undefined) === (flags['controller-id'] === undefined)) throw new CommandError(`one of --controller-id and --command-config is needed\nUsage: ${USAGE}`);
    const target = file === undefined ? byId(flags['controller-id'], flags['controller-directory-id']) : ofFile(file, environment);
    const isDryRun = flags['dry-run'] === true;
    const { voter, offset } = await withQuorum(flags, USAGE, (quorum) => quorum.addVoter({ ...target, timeoutMs: 0, validateOnly: isDryRun }));
    return succeed([`${isDryRun ? 'Dry run: would add' : 'Added'} controller ${describeVoter(voter)}${isDryRun ? '' : `, at offset ${offset}`}`]);
  },
};

type Target = Pick<AddVoterRequest, 'voterId' | 'directoryId' | 'listeners'>;

function byId(id: string | undefined, directoryId: string | undefined): Target {
  return { voterId: nodeIdFlag(id, '--controller-id', USAGE), directoryId: directoryId ?? '', listeners: [] };
}

function ofFile(file: string, environment: NodeJS.ProcessEnv): Target {
  const { config } = readServerConfiguration([`--config=${file}`], environment);
  if (!config.roles.includes('controller')) throw new CommandError(`${file} is not of a controller: process.roles has no controller in it`);
  const found = inspectDirectory(new NodeFileSystem(config.metadataLogDir));
  if (found.kind !== 'formatted') throw new CommandError(`${config.metadataLogDir} is not formatted, so it has no directory id: run this on the controller's host, after \`quorate storage format --no-initial-controllers\``);
  return { voterId: config.nodeId, directoryId: found.properties.directoryId, listeners: controllerEndpoints(config).map((one) => ({ ...one, securityProtocol: 0 })) };
}

/** Id, directory id and endpoints, for people. */
export function describeVoter(voter: QuorumVoter | undefined): string {
  if (voter === undefined) return '(not told)';
  const endpoints = voter.listeners.map(({ name, host, port }) => `${name}://${host}:${port}`).join(', ');
  return `${voter.voterId} with directory id ${voter.directoryId} and endpoints ${endpoints}`;
}
