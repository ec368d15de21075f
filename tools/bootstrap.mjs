// Makes a fresh clone ready to run: npm ci, then tsc -b. Says nothing when there is nothing to do.
//   node tools/bootstrap.mjs
// It runs before anything is installed and on any Node: it and what it imports use node: modules only, and nothing that
// keeps an old Node from reading them, so that it can say that it is too old.
import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock-file.mjs';
import { nestedNpmEnvironment, npmCommand } from './nested-npm.mjs';
import { whyNodeIsTooOld } from './node-version.mjs';
import { describeFailure, printProgress, runStep } from './run-step.mjs';
import { workspaceRoot } from './workspace-paths.mjs';

const INSTALL_LIMIT_MS = 15 * 60_000;
const BUILD_LIMIT_MS = 5 * 60_000;

/** Something a person has to mend before the workspace can run; the message says what. */
export class BootstrapError extends Error {}

/**
 * Installs and builds what is missing. One process at a time does it, others wait.
 *
 * @throws BootstrapError when Node is too old, or npm or the compiler refuses; its message holds their output.
 */
export async function bootstrap({ root = workspaceRoot, onProgress = printProgress } = {}) {
  const tooOld = whyNodeIsTooOld();
  if (tooOld !== undefined) throw new BootstrapError(tooOld);
  const onWait = (pid) => onProgress(`waiting for process ${pid}, which is installing or building here`);
  await withLock(path.join(root, '.cache', 'bootstrap.lock'), async (noteCommand) => {
    await install(root, onProgress, noteCommand);
    await build(root, onProgress, noteCommand);
  }, { onWait });
}

/** As `bootstrap`, for the entries behind `npm start` and the like: a refusal is printed and ends the process. */
export async function bootstrapOrExit() {
  try {
    await bootstrap();
  } catch (error) {
    if (!(error instanceof BootstrapError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

async function install(root, onProgress, onStart) {
  const stampFile = path.join(root, 'node_modules', '.quorate-installed.json');
  const stamp = installStamp(root);
  if (readIfThere(stampFile) === stamp) return;
  const npm = npmCommand();
  const result = await runStep({
    title: 'installing packages (npm ci)',
    command: npm.command,
    args: [...npm.args, 'ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund'],
    cwd: root,
    env: nestedNpmEnvironment(),
    timeoutMs: INSTALL_LIMIT_MS,
    onProgress,
    onStart,
  });
  if (!result.ok) throw new BootstrapError(`${result.output}\nnpm ci ${describeFailure(result, INSTALL_LIMIT_MS)} in ${root}`);
  // Last: after a killed npm ci there is a node_modules, but not all of it, and no stamp.
  writeFileSync(stampFile, stamp);
  if (result.seconds > 2) onProgress(`packages installed in ${Math.round(result.seconds)} s`);
}

/** What an installation depends on: the lockfile's content, Node's major version (engines, native parts), the platform. */
function installStamp(root) {
  const lockfile = createHash('sha256').update(readFileSync(path.join(root, 'package-lock.json'))).digest('hex');
  const nodeMajor = Number(process.versions.node.split('.')[0]);
  return `${JSON.stringify({ lockfile, nodeMajor, platform: process.platform, arch: process.arch })}\n`;
}

/** The compiler's own bookkeeping (tsbuildinfo) finds in a fraction of a second that nothing changed; no stamp beside it. */
async function build(root, onProgress, onStart) {
  const result = await runStep({
    title: 'building (tsc -b)',
    command: process.execPath,
    args: [path.join('node_modules', 'typescript-native', 'bin', 'tsc'), '-b'],
    cwd: root,
    timeoutMs: BUILD_LIMIT_MS,
    onProgress,
    onStart,
  });
  if (!result.ok) throw new BootstrapError(`${result.output}\ntsc -b ${describeFailure(result, BUILD_LIMIT_MS)} in ${root}`);
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await bootstrapOrExit();
