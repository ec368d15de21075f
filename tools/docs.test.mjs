// What the documents say of the code is true: links and paths lead somewhere, and lists hold neither more nor less than the code.
//   node --test tools/docs.test.mjs        (after npm run build)
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { built, makeTables, TABLES, withTables } from './doc-tables.mjs';
import { workspaceRoot } from './workspace-paths.mjs';

const NOT_OURS = new Set(['node_modules', 'dist', '.git', '.cache', '.nx', '.quorate', 'test-results']);

function filesBelow(folder) {
  return readdirSync(path.join(workspaceRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : filesBelow(name);
    return entry.isFile() ? [name] : [];
  });
}

const read = (file) => readFileSync(path.join(workspaceRoot, file), 'utf8');
const files = filesBelow('');
const documents = files.filter((file) => file.endsWith('.md'));
const sources = files.filter((file) => /\.(ts|mjs)$/.test(file) && !file.includes('/gen/')).map((file) => ({ file, text: read(file) }));
/** Without code blocks: what stands there was printed, or is to be typed. */
const prose = (file) => read(file).replace(/^```[\s\S]*?^```/gm, '');
const inlineCode = (file) => [...prose(file).matchAll(/`([^`\n]+)`/g)].map(([, code]) => code);

test('every relative link leads to a file, and to a heading of it', () => {
  const broken = documents.flatMap((file) =>
    [...prose(file).matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)].flatMap(([, target]) => {
      if (/^[a-z]+:/.test(target)) return [];
      const [name, anchor] = target.split('#');
      const found = name === '' ? file : path.posix.join(path.posix.dirname(file), name);
      if (found.startsWith('..') || !existsSync(path.join(workspaceRoot, found))) return [`${file}: ${target}`];
      return anchor === undefined || headings(found).has(anchor) ? [] : [`${file}: ${target} (no such heading)`];
    }),
  );

  assert.deepEqual(broken, []);
});

function headings(file) {
  const slug = (title) => title.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').trim().replaceAll(' ', '-');
  return new Set([...prose(file).matchAll(/^#+ (.+)$/gm)].map(([, title]) => slug(title)));
}

test('every file and folder named in backticks exists', () => {
  const top = new Set(readdirSync(workspaceRoot));
  const names = new Set(files.map((file) => path.posix.basename(file)));
  const absent = documents.flatMap((file) => inlineCode(file).filter((code) => !isThere(code)).map((code) => `${file}: ${code}`));

  function isThere(code) {
    if (!/^[\w.@*/-]+$/.test(code)) return true;
    if (!code.includes('/')) return !/\.(ts|mjs|md|proto)$/.test(code) || code.includes('*') || names.has(code);
    const [first] = code.split('/');
    if (!top.has(first) || NOT_OURS.has(first) || code.includes('*')) return true;
    return existsSync(path.join(workspaceRoot, code));
  }
  assert.deepEqual(absent, []);
});

test('every function named in backticks exists', () => {
  const all = sources.map(({ text }) => text).join('\n');
  const absent = documents.flatMap((file) =>
    inlineCode(file).flatMap((code) => {
      const name = /^(?:[A-Z]\w*\.)?([a-zA-Z]\w*)\(\)$/.exec(code)?.[1];
      return name === undefined || new RegExp(`\\b${name}\\b[<(]`).test(all) ? [] : [`${file}: ${code}`];
    }),
  );

  assert.deepEqual(absent, []);
});

test('every npm script that is named exists', () => {
  const scripts = new Set([...Object.keys(JSON.parse(read('package.json')).scripts), 'ci']);
  const named = documents.flatMap((file) => [...read(file).matchAll(/\bnpm (?:run )?([a-z]+)\b/g)].map(([, script]) => ({ file, script })).filter(({ script }) => script !== 'run'));
  const known = new Set([...scripts, 'workspaces', 'packages', 'only', 'on', 'to', 'or', 'and', 'are', 'install']);

  assert.deepEqual(named.filter(({ script }) => !known.has(script)), []);
});

test('each sh block of the README is one command, and what it printed follows', () => {
  const blocks = [...read('README.md').matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].map(([, language, text]) => ({ language, text }));
  const commands = blocks.flatMap((block, index) => (block.language === 'sh' ? [{ command: block.text.trim(), printed: blocks[index + 1] }] : []));

  assert.ok(commands.length >= 10, `${commands.length} commands`);
  for (const { command, printed } of commands) {
    assert.match(command, /^grpcurl [^\n]+$/);
    assert.match(printed.language, /^(json|text)$/);
    if (printed.language === 'json') JSON.parse(printed.text);
  }
});

test('the tables in the documents are those that the code gives (node tools/doc-tables.mjs writes them)', async () => {
  const tables = await makeTables();
  for (const [file, names] of Object.entries(TABLES)) {
    const { wanted, found } = withTables(read(file), tables);
    assert.deepEqual(found, names, file);
    assert.equal(read(file), wanted, file);
  }
});

/** First cells, without backticks, of the table under a heading. */
function firstCells(file, heading) {
  const section = new RegExp(`^#+ ${heading}\\n([\\s\\S]*?)(?=^#|$(?![\\s\\S]))`, 'm').exec(read(file))?.[1];
  assert.ok(section !== undefined, `${file} has no heading "${heading}"`);
  const rows = section.split('\n').filter((line) => line.startsWith('|')).slice(2);
  return rows.map((line) => line.split('|')[1].replaceAll('`', '').trim());
}

/** The strings of a union type, as they stand in the source. */
function unionOf(file, name) {
  const text = read(file).replace(/\/\*[\s\S]*?\*\//g, '');
  const declared = new RegExp(`type ${name} =([^;]+);`).exec(text)?.[1];
  assert.ok(declared !== undefined, `${file} has no type ${name}`);
  return [...declared.matchAll(/\| '([^']+)'/g)].map(([, word]) => word);
}

function same(told, real) {
  const missing = real.filter((word) => !told.includes(word));
  const invented = told.filter((word) => !real.includes(word));
  assert.ok(missing.length + invented.length === 0, `not in the document: ${missing.join(', ') || 'nothing'}; not in the code: ${invented.join(', ') || 'nothing'}`);
  assert.equal(told.length, new Set(told).size, 'a row stands there twice');
}

test('docs/errors.md has our own reasons, and no others', () => {
  same(firstCells('docs/errors.md', 'Reasons of our own'), unionOf('packages/rpc/src/rpc-failure.ts', 'FailureReason'));
});

test('docs/errors.md has every kind of failure that is thrown, and no others', () => {
  const classes = sources.filter(({ file }) => /^(packages|apps)\/.*\/src\//.test(file)).flatMap(({ text }) => [...text.matchAll(/class (\w+) extends Error/g)].map(([, name]) => name));

  same(firstCells('docs/errors.md', 'Failures and bugs'), classes);
});

test('docs/operations.md has every exit code', async () => {
  const { EXIT_CODE } = await built('packages/roles/dist/process/exit-codes.js');

  assert.deepEqual(firstCells('docs/operations.md', 'Exit codes'), Object.entries(EXIT_CODE).map(([name, code]) => `${code} ${name}`));
});

test('docs/operations.md has every reason why a data directory is refused', () => {
  same(firstCells('docs/operations.md', 'A data directory that is refused'), unionOf('packages/metadata-log/src/refusal.ts', 'RefusalReason'));
});

test('docs/operations.md explains every word of an election', () => {
  const source = 'packages/raft-core/src/core-event.ts';
  const outcomes = [.../outcome: ([^;]+);/.exec(read(source))[1].matchAll(/'([^']+)'/g)].map(([, word]) => word);

  same(firstCells('docs/operations.md', 'Why it began'), unionOf(source, 'ElectionTrigger'));
  same(firstCells('docs/operations.md', 'Why a voter said no'), unionOf(source, 'VoteRefusal'));
  same(firstCells('docs/operations.md', 'How it ended'), outcomes);
});

test('docs/operations.md says which metrics nothing fills yet', async () => {
  const { METRICS } = await built('packages/telemetry/dist/metric-names.js');
  const used = sources.filter(({ file }) => /^packages\/.*\/src\//.test(file) && !file.endsWith('.spec.ts') && !file.endsWith('metric-names.ts')).map(({ text }) => text).join('\n');

  same(firstCells('docs/operations.md', 'Metrics that nothing fills yet'), Object.keys(METRICS).filter((name) => !used.includes(`'${name}'`)));
});

test('docs/simulator.md has every check and every fault', () => {
  const checks = readdirSync(path.join(workspaceRoot, 'packages/sim/src/checks')).filter((name) => /^(?!.*spec).*\.ts$/.test(name)).map((name) => name.replace(/\.ts$/, ''));
  const faults = [.../FAULT_KINDS = \[([^\]]+)\]/.exec(read('packages/sim/src/fault-plan.ts'))[1].matchAll(/'([^']+)'/g)].map(([, word]) => word);

  same(firstCells('docs/simulator.md', 'Checks'), checks);
  same(firstCells('docs/simulator.md', 'Faults'), faults);
});

test('docs/scenarios.md names tests that are there', () => {
  const rows = read('docs/scenarios.md').split('\n').filter((line) => line.startsWith('| ') && line.includes('| `'));
  const lost = rows.flatMap((row) => {
    const [title, file] = row.split('|').map((cell) => cell.trim()).slice(-3, -1).reverse();
    const source = /^`([^`]+)`$/.exec(file)?.[1];
    if (source === undefined || !existsSync(path.join(workspaceRoot, source))) return [`no such file: ${row}`];
    return read(source).includes(title) ? [] : [`${source} has no "${title}"`];
  });

  assert.ok(rows.length > 25);
  assert.deepEqual(lost, []);
});

test('CHANGELOG.md has the version of package.json', () => {
  assert.ok(read('CHANGELOG.md').includes(`## ${JSON.parse(read('package.json')).version}`));
  assert.ok(statSync(path.join(workspaceRoot, 'CHANGELOG.md')).size > 0);
});
