import { parseArgs } from 'node:util';

export interface Campaign {
  readonly kind: 'campaign';
  /** Names of targets, or parts of names; none: all. */
  readonly targets: readonly string[];
  readonly seconds: number;
  readonly seed: number;
  /** First input of each target. */
  readonly from: number;
}

export interface Replay {
  readonly kind: 'replay';
  readonly target: string;
  readonly file: string;
}

export const USAGE = `npm run fuzz -- [--target T[,T…]] [--seconds N] [--seed S] [--from I]    a campaign (60 s over all targets, a seed of the time)
npm run fuzz -- --target T --replay FILE                              one input again, from its hex file
`;

/** @returns what is wrong with the arguments, as a sentence. */
export function parseArguments(args: readonly string[], nowSeconds: number): Campaign | Replay | string {
  let values: { target?: string; seconds?: string; seed?: string; from?: string; replay?: string };
  try {
    const text = { type: 'string' } as const;
    ({ values } = parseArgs({ args: [...args], options: { target: text, seconds: text, seed: text, from: text, replay: text } }));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  if (values.replay !== undefined) return values.target === undefined ? '--replay needs the --target that the input is for' : { kind: 'replay', target: values.target, file: values.replay };
  const seconds = Number(values.seconds ?? '60');
  const seed = Number(values.seed ?? String(nowSeconds % 2 ** 31));
  const from = Number(values.from ?? '0');
  if (!(seconds > 0)) return `--seconds ${values.seconds} is no duration`;
  if (!Number.isInteger(seed) || seed < 0 || !Number.isInteger(from) || from < 0) return '--seed and --from take an integer of 0 or more';
  return { kind: 'campaign', targets: (values.target ?? '').split(',').filter((name) => name !== ''), seconds, seed, from };
}
