import { readdirSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/** Every package and tool with specs is a project of its own; the real-process tests have vitest.e2e.config.ts. */
const folders = [
  ...readdirSync('packages').map((name) => `packages/${name}`),
  'apps/cli',
  'apps/e2e',
  'tools/local-cluster',
  'tools/bench',
];

const conditions = ['@quorate/source', 'node', 'import', 'module', 'default'];

export default defineConfig({
  test: {
    projects: folders.map((root) => ({
      root,
      resolve: { conditions },
      ssr: { resolve: { conditions, externalConditions: conditions } },
      test: {
        name: root.split('/').at(-1) ?? root,
        include: ['src/**/*.spec.ts', 'test/**/*.spec.ts'],
        passWithNoTests: true,
        testTimeout: 30_000,
      },
    })),
  },
});
