// One process at a time: a file that names its holder, taken over when the holder is no more.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const RETRY_MS = 200;

/**
 * Runs `work` while no other process holds `file`.
 *
 * The file appears whole or not at all (written aside, then linked), and holds the pid and, where /proc tells it, the
 * start of that process, so that a reused pid is not taken for the holder. A holder that died is replaced.
 *
 * @param options.onWait - called once, with the holder's pid, when there is something to wait for.
 */
export async function withLock(file, work, options = {}) {
  mkdirSync(path.dirname(file), { recursive: true });
  let told = false;
  while (!tryTake(file)) {
    const holder = readHolder(file);
    if (holder !== undefined && !isAlive(holder)) {
      takeAway(file, holder);
      continue;
    }
    if (holder !== undefined && !told && options.onWait !== undefined) options.onWait(holder.pid);
    told = told || holder !== undefined;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
  const release = () => rmSync(file, { force: true });
  process.on('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

function tryTake(file) {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, JSON.stringify({ pid: process.pid, started: startOf(process.pid) }));
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

/** Undefined when the file has just gone; a file nobody can read as a lock counts as one of a dead process. */
function readHolder(file) {
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { pid, started } = JSON.parse(text);
    return { pid, started, text };
  } catch {
    return { pid: 0, started: undefined, text };
  }
}

function isAlive({ pid, started }) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === 'ESRCH') return false;
  }
  const now = startOf(pid);
  return started === undefined || now === undefined || now === started;
}

/**
 * Two waiters may see the same dead holder: (1) A removes it and takes the lock, (2) B, late, would remove A's. So the file
 * is moved aside first and looked at again; a living holder's is put back.
 */
function takeAway(file, holder) {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
    if (readFileSync(aside, 'utf8') !== holder.text) linkSync(aside, file);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Clock ticks since boot at which the process started (field 22 of /proc/PID/stat); undefined where there is no /proc. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
