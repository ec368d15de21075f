import { describeConfigError, loadClientConfig, loadServerConfig, printConfig } from '@quorate/config';
import { readSources } from '@quorate/roles';
import { succeed, type CliCommand } from './command.js';
import { readFlags } from './read-flags.js';

const USAGE = 'quorate config print [-c FILE] [--program server|gateway|exporter]';

/** Every effective value and where it came from, secrets masked; what is wrong with it stands at the end. */
export const configPrint: CliCommand = {
  name: 'config print',
  usage: USAGE,
  summary: 'prints each key with its value in force and where that came from',
  run: async (args, { environment }) => {
    const flags = readFlags(args, USAGE, { config: { type: 'string', short: 'c' }, program: { type: 'string', default: 'server' } });
    const sources = readSources(flags.config === undefined ? [] : [`--config=${flags.config}`], environment);
    const loaded = flags.program === 'gateway' || flags.program === 'exporter' ? loadClientConfig(flags.program, sources) : loadServerConfig(sources);
    const errors = loaded.kind === 'refused' ? loaded.errors.map((error) => `error: ${describeConfigError(error)}`) : [];
    const lines = [...printConfig(loaded.settings), ...loaded.warnings.map((warning) => `# warning: ${warning.message}`), ...errors];
    return errors.length === 0 ? succeed(lines) : { lines, exitCode: 1 };
  },
};
