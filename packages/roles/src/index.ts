export { controllerEndpoints } from './controller/raft-config.js';
export { EXIT_CODE, ProcessRefusal, type ExitReason } from './process/exit-codes.js';
export { VERSION, readClientConfiguration, readServerConfiguration, readSources, type ReadConfiguration } from './process/read-configuration.js';
export { mainOrRefuse, runProcess, type ProcessContext, type ProcessOptions, type RunningRole } from './process/run-process.js';
export { startServer } from './start-server.js';
export { startExporter } from './exporter/start-exporter.js';
export { startGateway } from './gateway/start-gateway.js';
