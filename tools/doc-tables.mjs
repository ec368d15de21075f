// The tables in docs/ that follow from the code: errors, metrics, configuration keys.
//   node tools/doc-tables.mjs            writes them into the documents; read the diff
//   node --test tools/docs.test.mjs      compares
// A table stands between `<!-- table NAME, made by tools/doc-tables.mjs -->` and `<!-- end of table -->`. Needs a built workspace.
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { workspaceRoot } from './workspace-paths.mjs';

/** Document → the tables it must hold. */
export const TABLES = {
  'docs/errors.md': ['kafka-errors', 'raft-errors'],
  'docs/operations.md': ['keys', 'metrics'],
};

const TABLE = /<!-- table ([a-z-]+), made by tools\/doc-tables\.mjs -->\n[\s\S]*?<!-- end of table -->/g;

/** @returns what the document should be, and the names of the tables found in it. */
export function withTables(text, tables) {
  const found = [];
  const wanted = text.replace(TABLE, (_, name) => {
    found.push(name);
    if (tables[name] === undefined) throw new Error(`no table is called ${name}`);
    return `<!-- table ${name}, made by tools/doc-tables.mjs -->\n${tables[name]}\n<!-- end of table -->`;
  });
  return { wanted, found };
}

/** All tables, from what was built. */
export async function makeTables() {
  const { KAFKA_ERRORS, kafkaErrorMessage } = await built('packages/records/dist/kafka-error.js');
  const { RAFT_ERRORS } = await built('packages/raft-core/dist/errors.js');
  const { statusForReason } = await built('packages/rpc/dist/status-table.js');
  const { METRICS } = await built('packages/telemetry/dist/metric-names.js');
  const { KEY_DEFINITIONS } = await built('packages/config/dist/key-definitions.js');
  const status = (name) => (name === 'NONE' ? 'OK' : statusForReason(name));
  return {
    'kafka-errors': table(['number', 'name', 'status', 'what it says'], Object.entries(KAFKA_ERRORS).map(([name, code]) => [code, code_(name), status(name), kafkaErrorMessage(name)])),
    'raft-errors': table(['number', 'name', 'the asker', 'what it says'], Object.entries(RAFT_ERRORS).map(([name, { reaction, message }]) => [KAFKA_ERRORS[name], code_(name), REACTIONS[reaction], message])),
    metrics: table(['metric', 'type', 'labels', 'what it says'], Object.entries(METRICS).map(([name, { type, labels, help }]) => [code_(name), type, (labels ?? []).join(', '), help])),
    keys: table(['key', 'default', 'of', 'what it does'], Object.entries(KEY_DEFINITIONS).map(([key, definition]) => [code_(key), definition.default === undefined ? '' : code_(definition.default), whose(definition), definition.doc])),
  };
}

const REACTIONS = { ok: 'goes on', 'follow-hint': 'follows the leader named in the answer', 'retry-later': 'tries again later', done: 'gives the request up', operator: 'logs it for an operator' };

function whose({ programs, origin }) {
  const who = programs.length === 3 ? 'all' : programs.map((program) => (program === 'server' ? 'controller, broker' : program)).join(', ');
  return origin === 'ours' ? `${who}; ours` : who;
}

const code_ = (text) => `\`${text}\``;

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A built file of the workspace, past its package's exports: no more of a package is loaded than is asked. */
export function built(file) {
  const full = path.join(workspaceRoot, file);
  if (!existsSync(full)) throw new Error(`${file} is missing: run npm run build`);
  return import(pathToFileURL(full).href);
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const tables = await makeTables();
  for (const file of Object.keys(TABLES)) {
    const full = path.join(workspaceRoot, file);
    const text = readFileSync(full, 'utf8');
    const { wanted } = withTables(text, tables);
    if (wanted !== text) {
      writeFileSync(full, wanted);
      console.log(`wrote ${file}`);
    }
  }
}
