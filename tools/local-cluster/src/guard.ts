// Runs one program that knows nothing of our launcher, and ends it when the launcher is gone:
//   node guard.js PROGRAM [ARG…]      (with an IPC channel to the launcher)
import { spawn } from 'node:child_process';

const [program, ...args] = process.argv.slice(2);
if (program === undefined) throw new Error('guard: name a program');
const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
let ending = false;

function end(): void {
  if (ending) return;
  ending = true;
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), 5000).unref();
}

// The channel breaks when the launcher dies, however it dies; it may have died before we came here.
process.on('disconnect', end);
if (process.connected === false) end();
process.on('SIGTERM', end);
process.on('SIGINT', end);
child.on('error', (error) => {
  console.error(`guard: ${program} could not be started: ${error.message}`);
  process.exit(127);
});
child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 0)));
