import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ProcessPlan } from './shape.js';

/** Runs the operators' command, as a person would, and shows what it says. */
export interface QuorateCommand {
  /** Path of the built `quorate` command. */
  readonly main: string;
  readonly print: (line: string) => void;
}

async function quorate(command: QuorateCommand, args: readonly string[]): Promise<void> {
  const stdout = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, [command.main, ...args], (error, out, err) => {
      if (error === null) resolve(out);
      else reject(new Error(`quorate ${args.join(' ')}\n${out}${err}`.trimEnd()));
    });
  });
  for (const line of stdout.trimEnd().split('\n')) command.print(`  ${line}`);
}

/** 16 random bytes as 22 characters of base64url, as `quorate storage random-uuid` prints them: none that looks like a flag. */
function randomUuid(): string {
  const text = randomBytes(16).toString('base64url');
  return text.startsWith('-') ? randomUuid() : text;
}

const dataDirectory = (plan: ProcessPlan): string => /^log\.dirs=(.+)$/m.exec(plan.config)?.[1] ?? '';
const isFormatted = (plan: ProcessPlan): boolean => existsSync(path.join(dataDirectory(plan), 'meta.properties'));

/** Moves what an earlier start left aside, under a name that says when; nothing is ever deleted. */
export function moveDataAside(home: string, stamp: string): string | undefined {
  const data = path.join(home, 'data');
  if (!existsSync(data)) return undefined;
  const aside = path.join(home, `data-until-${stamp}`);
  renameSync(data, aside);
  return aside;
}

/**
 * Formats all controllers or none, so that a single lost directory is refused and not made anew: an empty voter under an old
 * name could elect a leader that lacks what was committed. Brokers hold nothing that is not in the log; a new one is
 * formatted when it appears.
 */
export async function formatCluster(plans: readonly ProcessPlan[], home: string, command: QuorateCommand): Promise<void> {
  const controllers = plans.filter((plan) => plan.kind === 'controller');
  const brokers = plans.filter((plan) => plan.kind === 'broker');
  const unformatted = controllers.filter((plan) => !isFormatted(plan));
  const idFile = path.join(home, 'data', 'cluster-id');
  if (unformatted.length > 0 && unformatted.length < controllers.length) {
    throw new Error(
      `${unformatted.map((plan) => plan.name).join(', ')}: no data at ${unformatted.map(dataDirectory).join(', ')}, but the other controllers have theirs. ` +
        'An emptied voter is not made anew silently. Put the directory back, start with as many --controllers as before, or begin anew with "npm start -- --fresh".',
    );
  }
  if (unformatted.length > 0) {
    mkdirSync(path.join(home, 'data'), { recursive: true });
    const clusterId = randomUuid();
    writeFileSync(idFile, `${clusterId}\n`);
    const voters = controllers.map((plan) => `${plan.nodeId}@${plan.address}:${randomUuid()}`).join(',');
    command.print(`formatting cluster ${clusterId}`);
    await Promise.all(controllers.map((plan) => quorate(command, ['storage', 'format', '-t', clusterId, '-c', plan.configFile, '--initial-controllers', voters])));
  }
  if (!existsSync(idFile)) throw new Error(`${idFile} is missing: start with "npm start -- --fresh"`);
  const clusterId = readFileSync(idFile, 'utf8').trim();
  const newBrokers = brokers.filter((candidate) => !isFormatted(candidate));
  await Promise.all(newBrokers.map((plan) => quorate(command, ['storage', 'format', '-t', clusterId, '-c', plan.configFile])));
}
