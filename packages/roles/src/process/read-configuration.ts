import { readFileSync } from 'node:fs';
import { describeConfigError, loadClientConfig, loadServerConfig, parseFlags, type ClientConfig, type ConfigSources, type LoadedConfig, type ServerConfig } from '@quorate/config';
import { EXIT_CODE, ProcessRefusal } from './exit-codes.js';

/** Of all our processes. */
export const VERSION = '0.1.0';

const USAGE = `--config FILE        a properties file
--key=value          any key of it; wins over QUORATE_KEY in the environment, which wins over the file
--version, --help
"quorate config print --config FILE" shows every key with its value and where that came from.`;

/** A configuration that holds, and what its author should look at. */
export interface ReadConfiguration<C> {
  readonly config: C;
  readonly warnings: readonly string[];
}

/** Reads file, environment and flags of a controller or broker. @throws ProcessRefusal that lists all that is wrong. */
export function readServerConfiguration(args: readonly string[], environment: NodeJS.ProcessEnv): ReadConfiguration<ServerConfig> {
  return settle(loadServerConfig(readSources(args, environment)));
}

/** Reads file, environment and flags of the gateway or the exporter. @throws ProcessRefusal that lists all that is wrong. */
export function readClientConfiguration(program: 'gateway' | 'exporter', args: readonly string[], environment: NodeJS.ProcessEnv): ReadConfiguration<ClientConfig> {
  return settle(loadClientConfig(program, readSources(args, environment)));
}

/** The only place where configuration comes in from the world. */
export function readSources(args: readonly string[], environment: NodeJS.ProcessEnv): ConfigSources {
  const flags = parseFlags(args);
  if (flags.help || flags.version) {
    console.log(flags.version ? VERSION : USAGE);
    process.exit(EXIT_CODE.stopped);
  }
  if (flags.problems.length > 0) throw new ProcessRefusal('configuration', flags.problems.join('\n'));
  return {
    environment,
    flags: flags.settings,
    file: flags.configFile === undefined ? undefined : { name: flags.configFile, text: readFileOrRefuse(flags.configFile) },
  };
}

function readFileOrRefuse(name: string): string {
  try {
    return readFileSync(name, 'utf8');
  } catch (error) {
    throw new ProcessRefusal('configuration', `--config=${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function settle<C>(loaded: LoadedConfig<C>): ReadConfiguration<C> {
  if (loaded.kind === 'refused') throw new ProcessRefusal('configuration', loaded.errors.map((error) => describeConfigError(error)).join('\n'));
  return { config: loaded.config, warnings: loaded.warnings.map((warning) => warning.message) };
}
