import { runLocalCluster } from './launch.js';

try {
  process.exitCode = await runLocalCluster(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
