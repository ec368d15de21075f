import { createConnection } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SupervisedProcess } from './supervised-process.js';

/** Where the feed's server comes from. */
export type NatsPlan =
  | { readonly kind: 'given'; readonly url: string }
  | { readonly kind: 'program'; readonly program: string; readonly url: string; readonly httpPort: number; readonly port: number }
  | { readonly kind: 'docker'; readonly url: string; readonly httpPort: number; readonly port: number }
  | { readonly kind: 'none'; readonly howTo: string };

const IMAGE = 'nats:2.12-alpine';

/** Starts the server of the plan; undefined when it is somebody else's or there is none. */
export function startNats(plan: NatsPlan, home: string): SupervisedProcess | undefined {
  const logFile = path.join(home, 'logs', 'nats.log');
  const guard = fileURLToPath(new URL('guard.js', import.meta.url));
  const guarded = (program: string, args: readonly string[]): SupervisedProcess =>
    new SupervisedProcess({ name: 'nats', command: process.execPath, args: [guard, program, ...args], env: process.env, logFile, ipc: true });
  if (plan.kind === 'program') {
    return guarded(plan.program, ['-a', '127.0.0.1', '-p', String(plan.port), '-m', String(plan.httpPort)]);
  }
  if (plan.kind === 'docker') {
    return guarded('docker', ['run', '--rm', '-p', `127.0.0.1:${plan.port}:4222`, '-p', `127.0.0.1:${plan.httpPort}:8222`, IMAGE, '-m', '8222']);
  }
  return undefined;
}

/** Whether something accepts connections there, looked at once. */
export function isListening(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host });
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(500, () => settle(false));
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}
