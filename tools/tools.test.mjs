// Tests of the tools that run before anything is installed; with Node's own runner, since vitest may not be there yet.
//   node --test tools/tools.test.mjs
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { bootstrap } from './bootstrap.mjs';
import { withLock } from './lock-file.mjs';
import { nestedNpmEnvironment } from './nested-npm.mjs';
import { whyNodeIsTooOld } from './node-version.mjs';
import { findProgram } from './programs.mjs';
import { runStep } from './run-step.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'quorate-tools-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const silent = () => {};
const shell = (script, more = {}) => runStep({ title: 'a step', command: 'sh', args: ['-c', script], onProgress: silent, ...more });

test('refuses a Node below 20.19 by name and takes every later one', () => {
  assert.match(whyNodeIsTooOld('20.18.3', '/opt/node'), /needs Node 20\.19 or newer; this is Node 20\.18\.3 \(\/opt\/node\)/);
  assert.notEqual(whyNodeIsTooOld('18.20.4'), undefined);
  for (const version of ['20.19.0', '22.0.0', '24.21.0']) assert.equal(whyNodeIsTooOld(version), undefined);
});

test('a nested npm keeps the way to the registry and loses what the outer command was told', () => {
  const outer = {
    PATH: '/bin', NODE_ENV: 'production', npm_config_workspace: 'rpc', npm_config_omit: 'dev', npm_config_prefix: '/x', npm_config_dry_run: 'true',
    npm_config_registry: 'https://registry.test/', NPM_CONFIG_CACHE: '/cache', 'npm_config_//registry.test/:_authToken': 'secret',
  };

  assert.deepEqual(Object.keys(nestedNpmEnvironment(outer)).sort(), ['NPM_CONFIG_CACHE', 'PATH', 'npm_config_//registry.test/:_authToken', 'npm_config_registry']);
});

test('two holders of a lock follow one another', async () => {
  const file = path.join(folder, 'two.lock');
  const order = [];
  const hold = (name) => withLock(file, async () => {
    order.push(`${name} in`);
    await shell('true');
    order.push(`${name} out`);
  });

  await Promise.all([hold('a'), hold('b')]);

  assert.ok(['a in,a out,b in,b out', 'b in,b out,a in,a out'].includes(order.join()), order.join());
  assert.equal(existsSync(file), false);
});

test('a lock whose holder is dead is taken over, and so is one that cannot be read', async () => {
  const lefts = [JSON.stringify([{ pid: spawnSync('true').pid }]), '{ half'];
  if (existsSync('/proc/self/stat')) lefts.push(JSON.stringify([{ pid: process.pid, started: 'when another process had this pid' }]));
  for (const left of lefts) {
    const file = path.join(folder, 'dead.lock');
    writeFileSync(file, left);
    assert.equal(await withLock(file, () => 'mine', { onWait: () => assert.fail('waited') }), 'mine');
  }
});

test('a lock is kept while the command of its dead holder still runs', async () => {
  const file = path.join(folder, 'orphan.lock');
  const orphan = spawn('cat', [], { stdio: ['pipe', 'ignore', 'ignore'] });
  writeFileSync(file, JSON.stringify([{ pid: spawnSync('true').pid }, { pid: orphan.pid }]));
  const ended = new Promise((resolve) => { orphan.once('exit', resolve); });
  let waitedFor;

  await withLock(file, silent, { onWait: (pid) => { waitedFor = pid; orphan.stdin.end(); } });

  assert.equal(waitedFor, orphan.pid);
  await ended;
});

test('a step gives its output, its exit code, and does not reject when it cannot be started', async () => {
  const failed = await shell('echo out; echo err >&2; exit 3');
  assert.deepEqual([failed.ok, failed.code, failed.output], [false, 3, 'out\nerr\n']);

  const absent = await runStep({ title: 'x', command: path.join(folder, 'absent'), args: [], onProgress: silent });
  assert.equal(absent.ok, false);
  assert.match(absent.output, /ENOENT/);
});

test('a step that takes long says so, and one that takes too long is killed with all it has started', async () => {
  const lines = [];
  const result = await shell('sleep 60 & sleep 60', { timeoutMs: 300, quietMs: 20, everyMs: 50, onProgress: (line) => lines.push(line) });

  assert.equal(result.timedOut, true);
  assert.ok(lines.length >= 2, lines.join());
  assert.match(lines[0], /^a step … \d+ s$/);
});

test('a Ctrl-C that comes twice at once is one: the command may roll back', async () => {
  // The step traps the first interrupt and takes a moment; the second one, npm's copy, must not kill it.
  const script = `
    import { runStep } from ${JSON.stringify(new URL('./run-step.mjs', import.meta.url).href)};
    const step = "trap 'sleep 0.2; echo rolled back; exit 0' INT; echo trapping; while :; do sleep 0.05; done";
    await runStep({ title: 'a step', command: 'sh', args: ['-c', step], cwd: '/', shown: true });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  await new Promise((resolve) => {
    child.stdout.on('data', (chunk) => {
      said += chunk;
      if (said === 'trapping\n') {
        child.kill('SIGINT');
        setTimeout(() => child.kill('SIGINT'), 50);
      }
    });
    child.once('close', resolve);
  });

  assert.equal(said, 'trapping\nrolled back\n');
});

test('a program built at another version than the pinned one is not found', () => {
  const programs = path.join(folder, 'cache', 'programs');
  mkdirSync(programs, { recursive: true });
  writeFileSync(path.join(programs, 'grpcurl'), '#!/bin/sh\n');
  chmodSync(path.join(programs, 'grpcurl'), 0o755);
  const kept = { PATH: process.env.PATH, QUORATE_CACHE: process.env.QUORATE_CACHE };
  process.env.PATH = folder;
  process.env.QUORATE_CACHE = path.join(folder, 'cache');
  try {
    writeFileSync(path.join(programs, 'grpcurl.pin'), 'github.com/fullstorydev/grpcurl@v0.0.1\n');
    assert.match(findProgram('grpcurl').missing, /neither on PATH nor in/);
    assert.match(findProgram('grpcurl').howTo, /node tools\/programs\.mjs grpcurl/);
  } finally {
    process.env.PATH = kept.PATH;
    if (kept.QUORATE_CACHE === undefined) delete process.env.QUORATE_CACHE;
    else process.env.QUORATE_CACHE = kept.QUORATE_CACHE;
  }
});

test('the workspace is installed once for a lockfile, built each time, and a failed npm ci leaves no stamp', async () => {
  const root = path.join(folder, 'workspace');
  const log = path.join(root, 'calls');
  mkdirSync(root);
  writeFileSync(path.join(root, 'package-lock.json'), '{}');
  // Stands in for npm: notes that it was called, makes the one file that the build runs, and ends as it is told.
  const npm = path.join(folder, 'npm-cli.js');
  writeFileSync(npm, `
    const fs = require('node:fs');
    fs.appendFileSync('calls', 'npm ' + process.argv.slice(2).join(' ') + '\\n');
    fs.mkdirSync('node_modules/typescript-native/bin', { recursive: true });
    fs.writeFileSync('node_modules/typescript-native/bin/tsc', "require('node:fs').appendFileSync('calls', 'tsc\\\\n')");
    process.exit(fs.existsSync('fail') ? 1 : 0);`);
  const before = process.env.npm_execpath;
  process.env.npm_execpath = npm;
  try {
    writeFileSync(path.join(root, 'fail'), '');
    await assert.rejects(bootstrap({ root, onProgress: silent }), /npm ci exited with code 1/);
    rmSync(path.join(root, 'fail'));
    await bootstrap({ root, onProgress: silent });
    await bootstrap({ root, onProgress: silent });
    writeFileSync(path.join(root, 'package-lock.json'), '{ }');
    await bootstrap({ root, onProgress: silent });
  } finally {
    if (before === undefined) delete process.env.npm_execpath;
    else process.env.npm_execpath = before;
  }

  const install = 'npm ci --include=dev --ignore-scripts --no-audit --no-fund';
  assert.deepEqual(readFileSync(log, 'utf8').trim().split('\n'), [install, install, 'tsc', 'tsc', install, 'tsc']);
});
