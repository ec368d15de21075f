import { succeed, type CliCommand } from './command.js';
import { CONNECTION_FLAGS, CONNECTION_USAGE, withQuorum } from './quorum-connection.js';
import { nodeIdFlag, readFlags } from './read-flags.js';

const USAGE = `quorate quorum remove-controller ${CONNECTION_USAGE} --controller-id ID [--controller-directory-id DIRECTORY-ID] [--dry-run]`;

/** Takes a voter out of the quorum (kafka-metadata-quorum remove-controller); the leader too, which then hands over. */
export const quorumRemoveController: CliCommand = {
  name: 'quorum remove-controller',
  usage: USAGE,
  summary: 'takes a voter out of the quorum',
  run: async (args) => {
    const flags = readFlags(args, USAGE, {
      ...CONNECTION_FLAGS,
      'controller-id': { type: 'string', short: 'i' },
      'controller-directory-id': { type: 'string', short: 'd' },
      'dry-run': { type: 'boolean' },
    });
    const voterId = nodeIdFlag(flags['controller-id'], '--controller-id', USAGE);
    const isDryRun = flags['dry-run'] === true;
    const { voter, offset } = await withQuorum(flags, USAGE, (quorum) => quorum.removeVoter({ voterId, directoryId: flags['controller-directory-id'] ?? '', validateOnly: isDryRun }));
    return succeed([`${isDryRun ? 'Dry run: would remove' : 'Removed'} controller ${voter?.voterId} with directory id ${voter?.directoryId}${isDryRun ? '' : `, at offset ${offset}`}`]);
  },
};
