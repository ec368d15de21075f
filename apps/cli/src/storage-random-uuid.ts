import { succeed, type CliCommand } from './command.js';
import { makeUuid } from './random-uuid.js';

export const storageRandomUuid: CliCommand = {
  name: 'storage random-uuid',
  usage: 'quorate storage random-uuid',
  summary: 'prints a new UUID, for a cluster id or a directory id',
  run: async (_args, { randomBytes }) => succeed([makeUuid(randomBytes)]),
};
