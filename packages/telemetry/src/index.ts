export { EventRecorder, type DescribedEvent } from './event-recorder.js';
export { TelemetryServer, type HealthReport } from './http-server.js';
export { LOG_KEY } from './log-keys.js';
export { createLogger, type Logger, type LogFields, type LogLevel } from './logger.js';
export { createMemoryLogger, type LogLine } from './memory-logger.js';
export { METRICS, type MetricDefinition, type MetricName } from './metric-names.js';
export { Metrics, type GaugeSample, type Labels } from './metrics.js';
