import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { lockDataDirectory } from '@quorate/metadata-log/node';
import { parseStartArguments, USAGE, type StartArguments } from './arguments.js';
import { formatCluster, moveDataAside } from './formatting.js';
import { isListening, startNats, type NatsPlan } from './nats.js';
import { askLeader } from './leader.js';
import { planNats } from './plan-nats.js';
import { planProcesses, type ProcessPlan } from './shape.js';
import { stopOrder, type Running } from './stop-order.js';
import { StopSignals } from './stop-signals.js';
import { SupervisedProcess } from './supervised-process.js';
import { welcome } from './welcome.js';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const STOP_GRACE_MS = 15_000;
const READY_WITHIN_MS = 60_000;
const print = (line: string): void => console.log(line);

/** Runs a cluster until it is told to stop; the exit code of the launcher. */
export async function runLocalCluster(args: readonly string[]): Promise<number> {
  const wanted = parseStartArguments(args, process.env, ROOT);
  if (wanted.help) {
    print(USAGE);
    return 0;
  }
  for (const folder of ['config', 'logs']) mkdirSync(path.join(wanted.home, folder), { recursive: true });
  const release = await lockHome(wanted.home);
  try {
    if (wanted.fresh) {
      const aside = moveDataAside(wanted.home, new Date().toISOString().replace(/[:.]/g, '-'));
      if (aside !== undefined) print(`moved the data of earlier starts to ${aside}`);
    }
    const nats = await planNats({ withNats: wanted.withNats, portOffset: wanted.portOffset, env: process.env, root: ROOT, print });
    const plans = planProcesses({ ...wanted, natsUrl: nats.kind === 'none' ? undefined : nats.url });
    await refuseTakenPorts(plans, nats);
    for (const plan of plans) writeFileSync(plan.configFile, plan.config);
    await formatCluster(plans, wanted.home, { main: path.join(ROOT, 'apps/cli/dist/main.js'), print });
    return await new Launcher(wanted, plans, nats).run();
  } finally {
    release();
  }
}

/** One launcher per home; the lock is the kernel's and ends with the process, however that ends. */
function lockHome(home: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    lockDataDirectory(home, (result) => {
      if (result instanceof Error) return reject(result);
      if ('kind' in result) return reject(new Error(`a cluster of ${home} is running already. Stop it, or set QUORATE_HOME and --port-offset for a second one.`));
      resolve(() => result.release());
    });
  });
}

async function refuseTakenPorts(plans: readonly ProcessPlan[], nats: NatsPlan): Promise<void> {
  const wanted = plans.flatMap((plan) => [
    { name: plan.name, address: plan.address },
    { name: `${plan.name} (metrics)`, address: plan.httpAddress },
  ]);
  if (nats.kind === 'program' || nats.kind === 'docker') wanted.push({ name: 'nats', address: `127.0.0.1:${nats.port}` });
  const taken = (await Promise.all(wanted.map(async (entry) => ((await isListening(Number(entry.address.split(':')[1]))) ? entry : undefined)))).filter((entry) => entry !== undefined);
  if (taken.length > 0) {
    throw new Error(`something else listens on ${taken.map((entry) => `${entry.address} (${entry.name})`).join(', ')}. Stop it, or move this cluster with "npm start -- --port-offset 1000".`);
  }
}

class Launcher {
  readonly #wanted: StartArguments;
  readonly #plans: readonly ProcessPlan[];
  readonly #nats: NatsPlan;
  readonly #running: Running[] = [];
  readonly #signals = new StopSignals();
  #stopping = false;
  #stopAsked: () => void = () => undefined;
  readonly #untilStopped = new Promise<void>((resolve) => {
    this.#stopAsked = resolve;
  });

  constructor(wanted: StartArguments, plans: readonly ProcessPlan[], nats: NatsPlan) {
    this.#wanted = wanted;
    this.#plans = plans;
    this.#nats = nats;
  }

  async run(): Promise<number> {
    process.on('SIGINT', () => this.#handleSignal());
    process.on('SIGTERM', () => this.#handleSignal());
    process.on('SIGHUP', () => this.#handleSignal());
    let code = 0;
    try {
      const startedMs = performance.now();
      this.#startAll();
      const failure = await Promise.race([this.#untilReady(), this.#untilStopped.then(() => undefined)]);
      if (failure !== undefined) throw new Error(failure);
      if (!this.#stopping) {
        const leader = await askLeader(this.#gatewayAddress());
        for (const line of welcome({ plans: this.#plans, nats: this.#nats, home: this.#wanted.home, leader, readyMs: performance.now() - startedMs })) print(line);
        await this.#untilStopped;
      }
    } catch (error) {
      code = 1;
      console.error(error instanceof Error ? error.message : error);
    }
    await this.#stopAll();
    return code;
  }

  #gatewayAddress(): string {
    return this.#plans.find((plan) => plan.kind === 'gateway')?.address ?? '';
  }

  #startAll(): void {
    const nats = startNats(this.#nats, this.#wanted.home);
    if (nats !== undefined) this.#watch({ kind: 'nats', nodeId: undefined, process: nats });
    for (const plan of this.#plans) {
      const main = path.join(ROOT, 'apps', plan.app, 'dist/main.js');
      const started = new SupervisedProcess({
        name: plan.name,
        command: process.execPath,
        args: [...NODE_FLAGS, main, `--config=${plan.configFile}`],
        env: process.env,
        logFile: plan.logFile,
        ipc: true,
      });
      this.#watch({ kind: plan.kind, nodeId: plan.nodeId, process: started });
    }
  }

  #watch(entry: Running): void {
    this.#running.push(entry);
    void entry.process.ended.then(({ code, signal }) => {
      if (this.#stopping) return;
      print(`${entry.process.name} has stopped (${signal ?? `exit code ${code}`}); the others carry on. Its log: ${path.join(this.#wanted.home, 'logs', `${entry.process.name}.log`)}`);
    });
  }

  /** Ready when every process says so on /healthz; the reason when that does not come. */
  async #untilReady(): Promise<string | undefined> {
    const deadline = performance.now() + READY_WITHIN_MS;
    const missing = new Set(this.#plans);
    while (missing.size > 0 && !this.#stopping) {
      for (const plan of [...missing]) {
        if (await isHealthy(plan.httpAddress)) missing.delete(plan);
        else if (this.#running.some((entry) => entry.process.name === plan.name && entry.process.hasEnded)) {
          return `${plan.name} stopped while starting:\n${lastLines(plan.logFile)}`;
        }
      }
      if (missing.size > 0 && performance.now() > deadline) {
        return `not ready after ${READY_WITHIN_MS / 1000} s: ${[...missing].map((plan) => `${plan.name} (log: ${plan.logFile})`).join(', ')}`;
      }
      if (missing.size > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return undefined;
  }

  #handleSignal(): void {
    switch (this.#signals.take(performance.now())) {
      case 'echo':
        return;
      case 'stop':
        // Also when it is stopping by itself already, because a start failed.
        this.#stopping = true;
        print('\nstopping');
        return this.#stopAsked();
      case 'kill': {
        const left = this.#running.filter((entry) => !entry.process.hasEnded);
        print(`\nstill stopping: ${left.map((entry) => entry.process.name).join(', ')}; killing`);
        for (const entry of left) entry.process.kill();
      }
    }
  }

  async #stopAll(): Promise<void> {
    this.#stopping = true;
    const alive = this.#running.filter((entry) => !entry.process.hasEnded);
    const leader = alive.some((entry) => entry.kind === 'gateway') ? await askLeader(this.#gatewayAddress()) : undefined;
    for (const step of stopOrder(alive, leader?.leaderId)) {
      await Promise.all(step.map((entry) => entry.process.stop(STOP_GRACE_MS)));
    }
    print('stopped');
  }
}

/** The flags that every process of ours runs with, wherever it is started; measured with P2 and P11. */
const NODE_FLAGS = JSON.parse(readFileSync(path.join(ROOT, 'tools/node-flags.json'), 'utf8')) as readonly string[];

async function isHealthy(httpAddress: string): Promise<boolean> {
  try {
    const answer = await fetch(`http://${httpAddress}/healthz`, { signal: AbortSignal.timeout(1000) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}

function lastLines(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-12).join('\n') : '(no log)';
}
