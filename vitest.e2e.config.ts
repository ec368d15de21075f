import { defineConfig } from 'vitest/config';

const conditions = ['@quorate/source', 'node', 'import', 'module', 'default'];

/** Real processes, real disk, real gRPC and NATS: one file at a time, with nothing beside it. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    name: 'e2e',
    root: 'apps/e2e',
    include: ['src/**/*.e2e.ts'],
    fileParallelism: false,
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
