// Moves the baseline that breaking changes of the protos are checked against. A release runs this, nothing else does:
//   node tools/release-baseline.mjs
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const result = spawnSync(path.join(root, 'node_modules/.bin/buf'), ['build', 'proto', '-o', 'proto/baseline.binpb'], { cwd: root, stdio: 'inherit' });
process.exitCode = result.status ?? 1;
if (process.exitCode === 0) console.log('proto/baseline.binpb is the present state; commit it with the release');
