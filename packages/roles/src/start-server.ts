import type { ServerConfig } from '@quorate/config';
import { startBroker } from './broker/start-broker.js';
import { startController } from './controller/start-controller.js';
import { ProcessRefusal } from './process/exit-codes.js';
import type { ProcessContext, RunningRole } from './process/run-process.js';

/** Starts what `process.roles` names. */
export async function startServer(config: ServerConfig, context: ProcessContext): Promise<RunningRole> {
  if (config.roles.length > 1) {
    throw new ProcessRefusal('configuration', `process.roles=${config.roles.join(',')}: both roles in one process are not built yet. Run quorum-controller and broker-metadata-cache with a file each.`);
  }
  return config.roles.includes('controller') ? startController(config, context) : startBroker(config, context);
}
