// One process at a time: a file that names its holder, taken over when the holder is no more.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const RETRY_MS = 200;

/**
 * Runs `work` while no other process holds `file`.
 *
 * The file appears whole or not at all (written aside, then linked), and holds the pid and, where /proc tells it, the
 * start of that process, so that a reused pid is not taken for the holder. A holder that died is replaced, once the command
 * it had started has ended too: after `kill -9` of the holder its `npm ci` goes on writing for a while.
 *
 * @param work - gets `noteCommand(pid)`, to be told of each command that writes what the lock protects.
 * @param options.onWait - called once, with the holder's pid, when there is something to wait for.
 */
export async function withLock(file, work, options = {}) {
  mkdirSync(path.dirname(file), { recursive: true });
  let told = false;
  while (!tryTake(file)) {
    const holder = readHolder(file);
    if (holder === undefined) continue;
    if (holder.alive === undefined) {
      takeAway(file, holder.text);
      continue;
    }
    if (!told && options.onWait !== undefined) options.onWait(holder.alive.pid);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
  const release = () => rmSync(file, { force: true });
  process.on('exit', release);
  try {
    return await work((pid) => replace(file, [process.pid, pid]));
  } finally {
    process.off('exit', release);
    release();
  }
}

function tryTake(file) {
  const own = writeAside(file, [process.pid]);
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

function replace(file, pids) {
  renameSync(writeAside(file, pids), file);
}

function writeAside(file, pids) {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, JSON.stringify(pids.map((pid) => ({ pid, started: lifeOf(pid)?.started }))));
  return own;
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
    return { text, alive: JSON.parse(text).find(isAlive) };
  } catch {
    return { text, alive: undefined };
  }
}

function isAlive({ pid, started }) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === 'ESRCH') return false;
  }
  const life = lifeOf(pid);
  if (life === undefined) return true;
  return !life.ended && (started === undefined || started === life.started);
}

/**
 * Two waiters may see the same dead holder: (1) A removes it and takes the lock, (2) B, late, would remove A's. So the file
 * is moved aside first and looked at again; a living holder's is put back.
 */
function takeAway(file, seenText) {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
    if (readFileSync(aside, 'utf8') !== seenText) linkSync(aside, file);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/**
 * What /proc/PID/stat says: clock ticks from boot to the start of the process (field 22), and whether it has ended and only
 * waits to be collected (state Z; where nothing collects orphans it stays so). Undefined where there is no /proc.
 */
function lifeOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { started: fields[19], ended: fields[0] === 'Z' || fields[0] === 'X' };
  } catch {
    return undefined;
  }
}
