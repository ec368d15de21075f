/** What the command line of a server says. */
export interface ParsedFlags {
  /** The file behind `--config`; undefined when there is none. */
  readonly configFile: string | undefined;
  readonly settings: readonly { readonly key: string; readonly value: string }[];
  readonly help: boolean;
  readonly version: boolean;
  /** Arguments that are neither; each with what would be accepted. */
  readonly problems: readonly string[];
}

/**
 * Reads the arguments of a server: `--config FILE` (or `--config=FILE`, `-c FILE`), `--key=value` for any configuration
 * key, `--help`, `--version`.
 *
 * @param args - without the program's own name.
 */
export function parseFlags(args: readonly string[]): ParsedFlags {
  const settings: { key: string; value: string }[] = [];
  const problems: string[] = [];
  let configFile: string | undefined;
  let help = false;
  let version = false;
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? '';
    const setting = /^--([^=]+)=(.*)$/s.exec(arg);
    if (arg === '--help' || arg === '-h') help = true;
    else if (arg === '--version') version = true;
    else if (arg === '--config' || arg === '-c') {
      configFile = args[++index];
      if (configFile === undefined) problems.push(`${arg} needs the path of a properties file behind it`);
    } else if (setting === null) problems.push(`"${arg}" is no flag; write --key=value, or --config FILE`);
    else if (setting[1] === 'config') configFile = setting[2] ?? '';
    else settings.push({ key: setting[1] ?? '', value: setting[2] ?? '' });
  }
  return { configFile, settings, help, version, problems };
}
