/** What the command line asks for. */
export type SimArguments = ReplayArguments | CampaignArguments;

export interface ReplayArguments {
  readonly kind: 'replay';
  readonly seed: number;
}

export interface CampaignArguments {
  readonly kind: 'campaign';
  readonly seeds: number;
  readonly from: number;
  /** Processes at once. */
  readonly jobs: number;
  /** Where the results go as JSON. */
  readonly json: string | undefined;
  /** Begins no further seed after so many seconds. */
  readonly budgetSeconds: number | undefined;
  /** One line a seed on standard output, for the process that started this one. */
  readonly asWorker: boolean;
}

export const USAGE = `npm run sim -- --seed N                 replay one world, with its trace
npm run sim -- --seeds N [--from K] [--jobs 2] [--json FILE] [--budget SECONDS]
npm run sim -- --short                  100 worlds
Exit code: 0 all passed, 1 used wrongly, 2 an invariant was broken, 3 a world did not come to rest, 4 a crash.
`;

/** @returns what is asked for, or what is wrong with it. */
export function parseArguments(args: readonly string[]): SimArguments | string {
  const values = new Map<string, string>();
  for (let at = 0; at < args.length; at++) {
    const name = args[at]!;
    if (name === '--short' || name === '--worker') values.set(name, 'yes');
    else if (['--seed', '--seeds', '--from', '--jobs', '--json', '--budget'].includes(name) && args[at + 1] !== undefined) values.set(name, args[++at]!);
    else return `What is ${name}?`;
  }
  for (const name of ['--seed', '--seeds', '--from', '--jobs', '--budget']) {
    const value = values.get(name);
    if (value !== undefined && !/^\d+$/.test(value)) return `${name} takes a number, not ${value}.`;
  }
  const number = (name: string): number | undefined => (values.has(name) ? Number(values.get(name)) : undefined);
  const seed = number('--seed');
  if (seed !== undefined) return { kind: 'replay', seed };
  const seeds = number('--seeds') ?? (values.has('--short') ? 100 : undefined);
  if (seeds === undefined) return 'Which seeds?';
  return {
    kind: 'campaign',
    seeds,
    from: number('--from') ?? 1,
    jobs: Math.max(1, number('--jobs') ?? 1),
    json: values.get('--json'),
    budgetSeconds: number('--budget'),
    asWorker: values.has('--worker'),
  };
}
