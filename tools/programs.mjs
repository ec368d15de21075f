// Finds the real programs that the tests and `npm start` use, or builds them with Go at the version pinned in real-parts/.
//   node tools/programs.mjs nats-server grpcurl         builds what is missing; prints one path a line
//   node tools/programs.mjs node@22 node@24             Node runtimes, from the npm registry
//   … --find     only looks, builds and fetches nothing          … --json     an object by name instead of lines
import { accessSync, chmodSync, constants, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock-file.mjs';
import { ensureNode } from './node-runtimes.mjs';
import { describeFailure, printProgress, runStep } from './run-step.mjs';
import { cacheFolder, workspaceRoot } from './workspace-paths.mjs';

export { ensureNode } from './node-runtimes.mjs';

const PINS = path.join(workspaceRoot, 'tools', 'real-parts');
const OLDEST_GO = [1, 24];
const MINUTE_MS = 60_000;

/**
 * What we can build. `pins`: the folder of the Go module that pins it; `stampVersion`: the variable through which the program
 * learns its own version.
 */
const BUILDABLE = {
  'nats-server': { pins: PINS, module: 'github.com/nats-io/nats-server/v2', main: '.', versionArgs: ['--version'], limitMs: 8 * MINUTE_MS },
  grpcurl: { pins: PINS, module: 'github.com/fullstorydev/grpcurl', main: 'cmd/grpcurl', versionArgs: ['--version'], stampVersion: 'main.version', limitMs: 8 * MINUTE_MS },
  jaeger: { pins: path.join(PINS, 'jaeger'), module: 'github.com/jaegertracing/jaeger', main: 'cmd/jaeger', versionArgs: ['version'], limitMs: 25 * MINUTE_MS },
};

/** Where a person gets what we do not build. */
const HOW_TO = { etcd: 'apt-get install etcd-server' };

/** Absolute path of the folder that holds the built programs. */
export function programsFolder() {
  return path.join(cacheFolder(), 'programs');
}

/**
 * Looks on PATH, then among the programs built here (only at the pinned version). Touches nothing, starts nothing.
 *
 * @returns `{ path, source: 'path' | 'cache' }`, or `{ missing, howTo }`: the reason, and what a person can do.
 */
export function findProgram(name) {
  for (const folder of (process.env.PATH || '').split(path.delimiter)) {
    if (folder !== '' && isProgram(path.join(folder, name))) return { path: path.resolve(folder, name), source: 'path' };
  }
  const built = path.join(programsFolder(), name);
  if (isProgram(built) && readIfThere(`${built}.pin`) === pinOf(name)) return { path: built, source: 'cache' };
  return { missing: `${name} is neither on PATH nor in ${programsFolder()}`, howTo: howToGet(name) };
}

/**
 * As `findProgram`, and builds the program into the cache when Go is there (15 s to 4 min the first time).
 *
 * @param options.onProgress - gets a line every few seconds while it takes long; default: stderr.
 * @returns `{ path, source: 'path' | 'cache' | 'built' }` of a program that has answered when asked for its version, or
 *   `{ missing, howTo }`. Never rejects because of the program, Go or the network.
 */
export async function ensureProgram(name, { onProgress = printProgress } = {}) {
  const found = findProgram(name);
  if (found.path !== undefined && (await answers(name, found.path))) return found;
  if (BUILDABLE[name] === undefined) return { missing: found.missing || `${found.path} does not run`, howTo: howToGet(name) };

  const onWait = (pid) => onProgress(`waiting for process ${pid}, which is building ${name}`);
  return withLock(path.join(programsFolder(), `.${name}.lock`), async () => {
    const again = path.join(programsFolder(), name);
    if (readIfThere(`${again}.pin`) === pinOf(name) && isProgram(again) && (await answers(name, again))) return { path: again, source: 'cache' };
    return build(name, onProgress);
  }, { onWait });
}

async function build(name, onProgress) {
  const { pins, module, main, stampVersion, limitMs } = BUILDABLE[name];
  const version = pinnedVersion(name);
  const go = await findGo(pins);
  if (go.missing !== undefined) return { missing: `${name} is not here, and cannot be built: ${go.missing}`, howTo: howToGet(name) };

  const target = path.join(programsFolder(), name);
  const making = `${target}.${process.pid}`;
  mkdirSync(programsFolder(), { recursive: true });
  const result = await runStep({
    title: `building ${name} ${version} with Go`,
    command: 'go',
    args: [
      'build', '-mod=readonly', '-buildvcs=false', '-trimpath',
      ...(stampVersion === undefined ? [] : ['-ldflags', `-X ${stampVersion}=${version}`]),
      '-o', making, path.posix.join(module, main),
    ],
    cwd: pins,
    env: { ...process.env, ...go.env, GOWORK: 'off', GOFLAGS: '' },
    timeoutMs: limitMs,
    onProgress,
  });
  if (!result.ok) {
    rmSync(making, { force: true });
    return { missing: `go build of ${name} ${version} ${describeFailure(result, limitMs)}\n${lastLines(result.output)}`, howTo: howToGet(name) };
  }
  chmodSync(making, 0o755);
  if (!(await answers(name, making))) {
    rmSync(making, { force: true });
    return { missing: `${name} ${version} was built but does not run`, howTo: howToGet(name) };
  }
  // The pin goes first and comes last: a program without its pin is built again.
  rmSync(`${target}.pin`, { force: true });
  renameSync(making, target);
  writeFileSync(`${target}.pin`, pinOf(name));
  if (result.seconds > 2) onProgress(`${name} ${version} built in ${Math.round(result.seconds)} s`);
  return { path: target, source: 'built' };
}

/** The Go on PATH, if it is new enough for go.mod or may fetch a newer toolchain by itself. */
async function findGo(pins) {
  // Outside the module, and forbidden to fetch: what is installed is what we ask about.
  const asked = await runStep({
    title: 'asking for the version of Go', command: 'go', args: ['env', 'GOVERSION'], cwd: tmpdir(),
    env: { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '' }, timeoutMs: 20_000, onProgress: () => {},
  });
  if (!asked.ok) return { missing: `Go ${OLDEST_GO.join('.')} or newer is not on PATH` };
  const have = versionNumbers(asked.output);
  const want = versionNumbers(/^go (\S+)$/m.exec(readFileSync(path.join(pins, 'go.mod'), 'utf8'))[1]);
  if (isBelow(have, OLDEST_GO)) return { missing: `Go ${have.join('.')} is older than ${OLDEST_GO.join('.')}` };
  if (!isBelow(have, want)) return { env: {} };
  if (process.env.GOTOOLCHAIN === 'local') return { missing: `Go ${have.join('.')} is older than ${want.join('.')}, and GOTOOLCHAIN=local keeps it from fetching that` };
  return { env: process.env.GOTOOLCHAIN === undefined ? { GOTOOLCHAIN: 'auto' } : {} };
}

function versionNumbers(text) {
  return /(\d+)\.(\d+)/.exec(text).slice(1).map(Number);
}

function isBelow([major, minor], [otherMajor, otherMinor]) {
  return major < otherMajor || (major === otherMajor && minor < otherMinor);
}

async function answers(name, file) {
  const args = BUILDABLE[name]?.versionArgs ?? ['--version'];
  return (await runStep({ title: name, command: file, args, timeoutMs: 20_000, onProgress: () => {} })).ok;
}

/** What the pin beside a built program says; undefined for what we do not build. */
function pinOf(name) {
  if (BUILDABLE[name] === undefined) return undefined;
  return `${BUILDABLE[name].module}@${pinnedVersion(name)} ${process.platform}-${process.arch}\n`;
}

function pinnedVersion(name) {
  const { pins, module } = BUILDABLE[name];
  const line = readFileSync(path.join(pins, 'go.mod'), 'utf8').split('\n').map((text) => text.trim().split(' ')).find(([first, version]) => first === module && version?.startsWith('v'));
  if (line === undefined) throw new Error(`${pins}/go.mod does not name ${module}`);
  return line[1];
}

function howToGet(name) {
  if (BUILDABLE[name] !== undefined) return `put ${name} on PATH, or install Go ${OLDEST_GO.join('.')} or newer and run: node tools/programs.mjs ${name}`;
  return HOW_TO[name] || `put ${name} on PATH`;
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function lastLines(text) {
  return text.trimEnd().split('\n').slice(-8).join('\n');
}

async function main(args) {
  const unknown = args.filter((arg) => arg.startsWith('--') && arg !== '--json' && arg !== '--find');
  const names = args.filter((arg) => !arg.startsWith('--'));
  if (unknown.length > 0 || names.length === 0) {
    console.error(`usage: node tools/programs.mjs [--find] [--json] NAME…    names: ${Object.keys(BUILDABLE).join(', ')}, node@MAJOR, or any program`);
    return 2;
  }
  const results = {};
  for (const name of names) {
    const node = /^node@(\d+)$/.exec(name);
    if (node !== null) results[name] = await ensureNode(node[1], { fetch: !args.includes('--find') });
    else results[name] = args.includes('--find') ? findProgram(name) : await ensureProgram(name);
  }
  for (const [name, result] of Object.entries(results)) {
    if (!args.includes('--json') && result.path !== undefined) console.log(result.path);
    if (result.missing !== undefined) console.error(`${name}: ${result.missing}\n  ${result.howTo}`);
  }
  if (args.includes('--json')) console.log(JSON.stringify(results, undefined, 2));
  return Object.values(results).some((result) => result.missing !== undefined) ? 1 : 0;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2));
