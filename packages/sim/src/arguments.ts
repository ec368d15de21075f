import { FAULT_KINDS } from './fault-plan.js';
import type { FaultKind } from './fault-plan.js';
import { LIMIT_FLAGS } from './plan-limits.js';
import type { PlanLimits } from './plan-limits.js';

/** What the command line asks for. */
export type SimArguments = ReplayArguments | CampaignArguments | BugsArguments | { readonly kind: 'worker' };

export interface ReplayArguments {
  readonly kind: 'replay';
  readonly seed: number;
  /** The world made smaller, as a shrunk failure's command says. */
  readonly limits: PlanLimits;
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
  /** Folder that keeps how far it has come, and what failed. */
  readonly state: string | undefined;
}

export interface BugsArguments {
  readonly kind: 'bugs';
  /** Only bugs with this text in their title. */
  readonly only: string | undefined;
  readonly jobs: number;
  /** Worlds that a bug may hide in. */
  readonly seeds: number;
}

export const USAGE = `npm run sim -- --seed N                 replay one world, with its trace
npm run sim -- --seeds N [--from K] [--jobs N] [--json FILE] [--budget SECONDS] [--state FOLDER]
npm run sim -- --short                  100 worlds
npm run sim -- --bugs [--only TEXT] [--jobs N]  known bugs put back one at a time: which check finds each, at which seed
A smaller world, with --seed: --faults KIND,KIND|none --faulty-ms N --clients N --caches N --brokers N --voters N
Exit code: 0 all passed, 1 used wrongly, 2 an invariant was broken, 3 a world did not come to rest, 4 a crash.
`;

/** From so many seeds on a campaign can be interrupted and gone on with, without being asked. */
const LONG_CAMPAIGN = 10_000;
const DEFAULT_STATE = '.quorate/sim-campaign';
/** A known bug has to be found in so many worlds. */
const BUG_SEEDS = 2000;

const SWITCHES = ['--short', '--worker', '--bugs'];
const NUMBERS = ['--seed', '--seeds', '--from', '--jobs', '--budget', ...Object.values(LIMIT_FLAGS)];
const TEXTS = ['--json', '--state', '--faults', '--only'];

/**
 * @param cores - of this machine: as many processes as that run a campaign at most.
 * @returns what is asked for, or what is wrong with it.
 */
export function parseArguments(args: readonly string[], cores: number): SimArguments | string {
  const values = new Map<string, string>();
  for (let at = 0; at < args.length; at++) {
    const name = args[at]!;
    if (SWITCHES.includes(name)) values.set(name, 'yes');
    else if ((NUMBERS.includes(name) || TEXTS.includes(name)) && args[at + 1] !== undefined) values.set(name, args[++at]!);
    else return `What is ${name}?`;
  }
  for (const name of NUMBERS) {
    const value = values.get(name);
    if (value !== undefined && !/^\d+$/.test(value)) return `${name} takes a number, not ${value}.`;
  }
  const number = (name: string): number | undefined => (values.has(name) ? Number(values.get(name)) : undefined);
  const jobs = Math.min(cores, Math.max(1, number('--jobs') ?? 1));
  if (values.has('--worker')) return { kind: 'worker' };
  if (values.has('--bugs')) return { kind: 'bugs', only: values.get('--only'), jobs, seeds: number('--seeds') ?? BUG_SEEDS };
  const seed = number('--seed');
  const limits = limitsOf(values.get('--faults'), number);
  if (typeof limits === 'string') return limits;
  if (seed !== undefined) return { kind: 'replay', seed, limits };
  const seeds = number('--seeds') ?? (values.has('--short') ? 100 : undefined);
  if (seeds === undefined) return 'Which seeds?';
  if (Object.values(limits).some((limit) => limit !== undefined)) return 'A smaller world goes with --seed.';
  const state = values.get('--state') ?? (seeds >= LONG_CAMPAIGN ? DEFAULT_STATE : undefined);
  return { kind: 'campaign', seeds, from: number('--from') ?? 1, jobs, json: values.get('--json'), budgetSeconds: number('--budget'), state };
}

function limitsOf(faults: string | undefined, number: (name: string) => number | undefined): PlanLimits | string {
  const numbers = Object.fromEntries(Object.entries(LIMIT_FLAGS).map(([name, flag]) => [name, number(flag)]));
  if (faults === undefined) return numbers;
  const kinds = faults === 'none' ? [] : faults.split(',');
  const strange = kinds.find((kind) => !(FAULT_KINDS as readonly string[]).includes(kind));
  if (strange !== undefined) return `There is no fault ${strange}; there are ${FAULT_KINDS.join(', ')}.`;
  return { ...numbers, faults: kinds as FaultKind[] };
}
