// Adds golden files for samples that have none yet. Files that are there are never written again.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const result = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--project', 'records', 'packages/records/test/golden.spec.ts'], {
  cwd: root,
  env: { ...process.env, QUORATE_UPDATE_GOLDEN: '1' },
  stdio: 'inherit',
});
process.exit(result.status ?? 1);
