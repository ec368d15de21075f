// Lint as one run over the workspace: import rules by layer and scope, the purity net, and the proof that each rule bites.
//   node tools/lint.mjs            everything, the types of the specs too
//   node tools/lint.mjs PATH…      these paths only, without the proof
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const bin = (name) => path.join(root, 'node_modules/.bin', name);
const env = { ...process.env, NX_NO_CLOUD: 'true', NX_DAEMON: 'false' };

function run(command, args, extra = {}) {
  const result = spawnSync(command, args, { cwd: root, env: { ...env, ...extra }, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return { code: result.status ?? 1, output: `${result.stdout}${result.stderr}`, stdout: result.stdout };
}

/** Without a project graph the boundary rule prints a warning, checks nothing and passes: make the graph, and refuse the warning. */
function makeProjectGraph() {
  const { code, output } = run(bin('nx'), ['show', 'projects']);
  if (code !== 0) throw new Error(`nx could not make the project graph\n${output}`);
}

function eslint(args, extra) {
  const result = run(bin('eslint'), ['--max-warnings=0', '--no-warn-ignored', ...args], extra);
  if (/project graph/i.test(result.output) && /cache|daemon|not.*(found|available)/i.test(result.output)) {
    return { code: 1, output: `${result.output}\nThe import rules were not checked: no project graph.` };
  }
  return result;
}

/** Each offender names, in its first line, where it is to stand and the rule that must catch it. */
function proveThatRulesBite() {
  const folder = path.join(root, 'tools/lint-offenders');
  const failures = [];
  const planted = [];
  try {
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.txt')).sort()) {
      const match = /^\/\/ place: (\S+) rule: (\S+)/.exec(readFileSync(path.join(folder, name), 'utf8'));
      if (match === null) throw new Error(`${name}: the first line must be "// place: FOLDER rule: RULE"`);
      const target = path.join(root, match[1], `offender-${name.replace(/\.txt$/, '.ts')}`);
      if (existsSync(target)) throw new Error(`${target} is in the way`);
      copyFileSync(path.join(folder, name), target);
      planted.push({ name, target, rule: match[2] });
    }
    const result = eslint(['--format', 'json', ...planted.map((entry) => entry.target)], { QUORATE_LINT_OFFENDERS: '1' });
    const start = result.stdout.indexOf('[{');
    const reports = start < 0 ? [] : JSON.parse(result.stdout.slice(start));
    for (const { name, target, rule } of planted) {
      const caught = reports.find((report) => report.filePath === target)?.messages.some((message) => message.ruleId === rule) ?? false;
      if (!caught) failures.push(`${name}: ${rule} did not catch it`);
    }
  } finally {
    for (const { target } of planted) rmSync(target, { force: true });
  }
  return { count: planted.length, failures };
}

/**
 * The compiler's part of the net: a pure package knows no Node types. Each offender is
 * compiled in raft-core's place, with its settings.
 */
function proveThatTypesBite() {
  const wanted = {
    'uses-node.ts.txt': ["'node:fs'", "'setTimeout'", "'Buffer'", "'process'", "'performance'"],
  };
  const failures = [];
  for (const [name, mentions] of Object.entries(wanted)) {
    const place = path.join(root, 'packages/raft-core/src', `offender-${name.replace(/\.txt$/, '')}`);
    const config = path.join(root, 'packages/raft-core', `tsconfig.offender-${process.pid}.json`);
    try {
      copyFileSync(path.join(root, 'tools/lint-offenders/types', name), place);
      writeFileSync(config, JSON.stringify({ extends: './tsconfig.json', compilerOptions: { noEmit: true, rootDir: 'src' }, include: [], files: [path.relative(path.dirname(config), place)] }));
      const { output } = run(process.execPath, [path.join(root, 'node_modules/typescript-native/bin/tsc'), '-p', config, '--pretty', 'false']);
      for (const mention of mentions) {
        if (!output.split('\n').some((line) => line.includes('error TS') && line.includes(mention))) failures.push(`${name}: the compiler accepts ${mention}`);
      }
    } finally {
      rmSync(place, { force: true });
      rmSync(config, { force: true });
    }
  }
  return { count: Object.values(wanted).flat().length, failures };
}

/** The build leaves specs out (they know Node's types); here they are checked, each with its package's own settings. */
function checkSpecs() {
  const projects = ['packages', 'apps', 'tools'].flatMap((folder) => readdirSync(path.join(root, folder)).map((name) => path.join(folder, name, 'tsconfig.spec.json')));
  return projects
    .filter((config) => existsSync(path.join(root, config)))
    .map((config) => run(process.execPath, [path.join(root, 'node_modules/typescript-native/bin/tsc'), '-p', config, '--pretty', 'false']))
    .filter(({ code }) => code !== 0)
    .map(({ output }) => output);
}

const paths = process.argv.slice(2);
makeProjectGraph();
let failed = false;
const main = eslint(paths.length > 0 ? paths : ['packages', 'apps', 'tools']);
if (main.code !== 0) {
  console.error(main.output);
  failed = true;
}
if (paths.length === 0) {
  for (const problems of checkSpecs()) {
    console.error(problems);
    failed = true;
  }
  const rules = proveThatRulesBite();
  const types = proveThatTypesBite();
  const proof = { count: rules.count + types.count, failures: [...rules.failures, ...types.failures] };
  for (const failure of proof.failures) console.error(`a rule does not bite: ${failure}`);
  failed ||= proof.failures.length > 0;
  const lint = run(bin('buf'), ['lint']);
  if (lint.code !== 0) {
    console.error(lint.output);
    failed = true;
  }
  if (existsSync(path.join(root, 'proto/baseline.binpb'))) {
    const breaking = run(bin('buf'), ['breaking', 'proto', '--against', 'proto/baseline.binpb']);
    if (breaking.code !== 0) {
      console.error(breaking.output);
      failed = true;
    }
  }
  if (!failed) console.log(`lint: clean; ${proof.count} deliberate offenders caught; protos lint and break nothing`);
}
process.exitCode = failed ? 1 : 0;
