import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { NodeProcess } from './node-process.js';
import type { Member, TestCluster } from './test-cluster.js';

/** How a start that was refused ended, and what it said. */
export interface Refusal {
  readonly code: number | null;
  readonly said: string;
}

const REFUSED_WITHIN_MS = 20_000;

/**
 * Starts one member's program, with the changed text of its file if there is one, as a process of its own beside the
 * cluster's, and waits until it ends. One that does not end is killed and told as code null.
 */
export async function refusalOf(cluster: TestCluster, name: string, change: (config: string) => string = (config) => config): Promise<Refusal> {
  const member = cluster.member(name);
  const configFile = path.join(cluster.home, 'changed.properties');
  const logFile = path.join(cluster.home, 'logs', 'refused.log');
  writeFileSync(configFile, change(readFileSync(member.configFile, 'utf8')));
  writeFileSync(logFile, '');
  const process = new NodeProcess({ name: 'refused', logFile, command: withConfig(member, configFile), kind: 'own' });
  process.start({ mayEnd: true });
  const killer = setTimeout(() => void process.kill(), REFUSED_WITHIN_MS);
  const { code } = await process.exited();
  clearTimeout(killer);
  return { code, said: process.output() };
}

/** A text with a line of that key in place of the one it has; without one it is added. */
export function withKey(key: string, value: string): (config: string) => string {
  return (config) => `${config.split('\n').filter((line) => !line.startsWith(`${key}=`)).join('\n').trimEnd()}\n${key}=${value}\n`;
}

/** The member's own command with another file: node, its flags, the program. */
function withConfig({ process }: Member, configFile: string): readonly string[] {
  return [...process.command.filter((argument) => !argument.startsWith('--config=')), `--config=${configFile}`];
}
