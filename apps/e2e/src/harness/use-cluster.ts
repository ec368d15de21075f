import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { TestClusterOptions } from './cluster-plan.js';
import { ROOT } from './require-program.js';
import { TestCluster } from './test-cluster.js';

/** Where the logs of a failed file's cluster are kept; ignored by git. */
const KEPT_LOGS = path.join(ROOT, 'test-results', 'e2e-logs');

/**
 * One cluster for the tests of a file, started before the first and ended after the last. When a test has failed, the logs
 * of all processes are kept.
 *
 * @param prepareOnly - formats and starts nothing.
 */
export function useCluster(file: string, options: TestClusterOptions, { prepareOnly = false } = {}): () => TestCluster {
  let cluster: TestCluster | undefined;
  const kept = path.join(KEPT_LOGS, file);
  beforeAll(async () => {
    rmSync(kept, { recursive: true, force: true });
    cluster = await (prepareOnly ? TestCluster.prepare(options) : TestCluster.start(options));
  });
  afterAll(async ({}, suite) => {
    if (cluster === undefined) return;
    const hasCrashed = [...cluster.members.values()].some(({ process }) => process.crash !== undefined);
    if (hasCrashed || suite.tasks.some(hasFailed)) {
      cpSync(path.join(cluster.home, 'logs'), kept, { recursive: true });
      console.error(`the logs of all processes: ${path.relative(ROOT, kept)}`);
    }
    await cluster.stop();
  });
  return () => {
    if (cluster === undefined) throw new Error('the cluster was not started');
    return cluster;
  };
}

interface Task {
  readonly result?: { readonly state?: string } | undefined;
  readonly tasks?: readonly Task[];
}

function hasFailed(task: Task): boolean {
  return task.result?.state === 'fail' || (task.tasks ?? []).some(hasFailed);
}
