// Runs one command of a tool. Silent while it is quick, a line every few seconds when it is not, its whole output when it fails.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** Output kept for the report of a failure: the end is where commands say what went wrong. */
const KEPT_OUTPUT_CHARS = 64 * 1024;

/** How long output may still come after the command itself has ended. */
const PIPE_GRACE_MS = 500;

/** One Ctrl-C comes twice when npm started us: from the terminal, and handed on by npm. What follows this soon is the same one. */
const SAME_INTERRUPT_MS = 500;

/** Running commands, and how long each may take to stop. */
const running = new Map();
let interruptedBy;
let interruptedAtMs = 0;

/** Default way to report progress: a line on stderr, so that stdout holds results only. */
export function printProgress(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Runs a command in a process group of its own and waits for its end.
 *
 * SIGINT, SIGTERM and SIGHUP to this process are handed to the group, and this process ends after it; a second one kills,
 * and so does `stopWithinMs` passing (npm takes its time to roll an installation back that is made anew anyway).
 *
 * @param step.title - what is being done, as it stands in the progress line: "building nats-server".
 * @param step.shown - true: output goes straight to this process's own; false (default): kept, for the caller to show.
 * @param step.timeoutMs - after this long the group is killed and `timedOut` is true.
 * @param step.quietMs - no progress line before this; then one every `everyMs`.
 * @param step.onStart - gets the pid of the command, which leads its group.
 * @returns never rejects; a command that cannot be started has `ok: false` and the reason in `output`.
 */
export function runStep(step) {
  const { title, command, args, cwd, env = process.env, shown = false, timeoutMs, stopWithinMs = 3000, quietMs = 2000, everyMs = 5000 } = step;
  const onProgress = step.onProgress === undefined ? printProgress : step.onProgress;
  const startedMs = Date.now();
  const seconds = () => Math.round((Date.now() - startedMs) / 100) / 10;
  return new Promise((resolve) => {
    let output = '';
    let timedOut = false;
    const stdio = shown ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'];
    const child = spawn(command, args, { cwd, env, stdio, detached: true });
    const keep = (chunk) => {
      output = (output + chunk).slice(-KEPT_OUTPUT_CHARS);
    };
    if (!shown) {
      child.stdout.setEncoding('utf8').on('data', keep);
      child.stderr.setEncoding('utf8').on('data', keep);
    }
    if (child.pid !== undefined) step.onStart?.(child.pid);
    track(child, stopWithinMs);

    let ticker;
    const tick = () => onProgress(`${title} … ${Math.round(seconds())} s`);
    const firstTick = setTimeout(() => {
      tick();
      ticker = setInterval(tick, everyMs);
    }, quietMs);
    if (shown) clearTimeout(firstTick);
    const limit = timeoutMs === undefined ? undefined : setTimeout(() => {
      timedOut = true;
      signalGroup(child, 'SIGKILL');
    }, timeoutMs);

    let finished = false;
    let grace;
    const finish = (code, signal) => {
      if (finished) return;
      finished = true;
      clearTimeout(firstTick);
      clearInterval(ticker);
      clearTimeout(limit);
      clearTimeout(grace);
      untrack(child);
      resolve({ ok: code === 0 && !timedOut, code, signal, timedOut, output, seconds: seconds() });
    };
    child.once('error', (error) => {
      keep(`${command}: ${error.message}`);
      finish(null, null);
    });
    // 'close' comes when all output is read; but a grandchild that holds the pipes must not keep us after 'exit'.
    child.once('close', finish);
    child.once('exit', (code, signal) => {
      if (!finished) grace = setTimeout(() => finish(code, signal), PIPE_GRACE_MS);
    });
  });
}

/** One line on how a finished step went wrong. */
export function describeFailure(result, timeoutMs) {
  if (result.timedOut) return `was stopped after ${Math.round(timeoutMs / 1000)} s`;
  if (result.signal) return `ended by ${result.signal}`;
  return result.code === null ? 'could not be started' : `exited with code ${result.code}`;
}

function track(child, stopWithinMs) {
  if (running.size === 0) for (const signal of SIGNALS) process.on(signal, passOn);
  running.set(child, stopWithinMs);
}

function untrack(child) {
  running.delete(child);
  if (running.size > 0) return;
  for (const signal of SIGNALS) process.off(signal, passOn);
  if (interruptedBy !== undefined) process.exit(128 + constants.signals[interruptedBy]);
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

function passOn(signal) {
  const isEcho = interruptedBy !== undefined && Date.now() - interruptedAtMs < SAME_INTERRUPT_MS;
  interruptedAtMs = Date.now();
  if (isEcho) return;
  const send = interruptedBy === undefined ? signal : 'SIGKILL';
  interruptedBy = signal;
  for (const [child, stopWithinMs] of running) {
    signalGroup(child, send);
    setTimeout(() => signalGroup(child, 'SIGKILL'), stopWithinMs).unref();
  }
}

function signalGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group has ended already.
  }
}

process.on('exit', () => {
  for (const child of running.keys()) signalGroup(child, 'SIGTERM');
});
