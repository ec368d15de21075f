// Makes the committed generated code from proto/: messages, service stubs, descriptor set.
//   node tools/generate.mjs            writes
//   node tools/generate.mjs --check    writes nowhere, compares, exits 1 with the names of stale files
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const buf = path.join(root, 'node_modules/.bin/buf');
const GOOGLE = ['google/rpc/status.proto', 'google/rpc/error_details.proto', 'google/rpc/code.proto'];
const HEALTH = 'node_modules/grpc-health-check/proto/health/v1/health.proto';

/** Every file below a folder, relative to it, sorted. */
function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => statSync(path.join(folder, name)).isFile())
    .sort();
}

function runBuf(args) {
  const result = spawnSync(buf, args, { cwd: root, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`buf ${args.join(' ')}\n${result.error ?? ''}${result.stdout}${result.stderr}`);
}

/** Writes all generated output below `out`, laid out as in the repository. */
function generateInto(out) {
  const protos = filesBelow(path.join(root, 'proto')).filter((name) => name.endsWith('.proto'));
  const services = protos.filter((name) => name.endsWith('_service.proto'));
  const messages = protos.filter((name) => !name.endsWith('_service.proto'));
  const google = GOOGLE.map((name) => `node_modules/google-proto-files/${name}`);
  const paths = (names) => names.flatMap((name) => ['--path', `proto/${name}`]);
  runBuf(['generate', '-o', out, '--template', 'buf.gen.messages.yaml', ...paths(messages), ...google.flatMap((g) => ['--path', g])]);
  // A stub imports its messages by package name: one mapping for every message file.
  const mapping = messages.map((name) => `M${name}=@quorate/records/gen/${name.replace(/\.proto$/, '')}`);
  const template = path.join(out, 'buf.gen.services.json');
  runBuf(['generate', '-o', out, '--template', servicesTemplate(mapping), ...paths(services)]);
  rmSync(template, { force: true });
  mkdirSync(path.join(out, 'packages/rpc/descriptors'), { recursive: true });
  runBuf(['build', '--as-file-descriptor-set', '-o', path.join(out, 'packages/rpc/descriptors/quorate.binpb'), ...paths(protos), ...google.flatMap((g) => ['--path', g]), '--path', HEALTH]);
}

/** buf takes a template as JSON text too; the YAML file stays the readable one. */
function servicesTemplate(mapping) {
  const opts = readFileSync(path.join(root, 'buf.gen.services.yaml'), 'utf8')
    .split('\n')
    .map((line) => /^ {6}- (.+)$/.exec(line)?.[1])
    .filter((opt) => opt !== undefined);
  return JSON.stringify({
    version: 'v2',
    clean: true,
    plugins: [{ local: ['node', 'node_modules/ts-proto/protoc-gen-ts_proto'], out: 'packages/rpc/src/gen', strategy: 'all', opt: [...opts, ...mapping] }],
  });
}

const OUTPUTS = ['packages/records/src/gen', 'packages/rpc/src/gen', 'packages/rpc/descriptors'];

const work = mkdtempSync(path.join(tmpdir(), 'quorate-generate-'));
try {
  generateInto(work);
  if (process.argv.includes('--check')) {
    const stale = OUTPUTS.flatMap((folder) => {
      const names = new Set([...filesBelow(path.join(root, folder)), ...filesBelow(path.join(work, folder))]);
      return [...names].map((name) => path.join(folder, name)).filter((name) => {
        const [a, b] = [path.join(root, name), path.join(work, name)];
        return !existsSync(a) || !existsSync(b) || !readFileSync(a).equals(readFileSync(b));
      });
    });
    if (stale.length > 0) {
      console.error(`generated code is stale: run "npm run generate" and commit\n  ${stale.join('\n  ')}`);
      process.exitCode = 1;
    } else console.log('generated code is fresh');
  } else {
    for (const folder of OUTPUTS) {
      rmSync(path.join(root, folder), { recursive: true, force: true });
      cpSync(path.join(work, folder), path.join(root, folder), { recursive: true });
    }
    console.log('generated code written');
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
