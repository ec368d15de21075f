export { loadClientConfig, loadServerConfig, type EffectiveSetting, type LoadedConfig } from './load-config.js';
export type {
  BrokerSettings,
  ClientConfig,
  CommonConfig,
  ControllerSettings,
  MetadataLogConfig,
  QuorateConfig,
  RaftConfig,
  ServerConfig,
} from './quorate-config.js';
export type { Listener } from './listener-rules.js';
export type { ProcessRole } from './process-roles.js';
export type { ConfigSources, Setting } from './settings.js';
export { describeConfigError, describeSource, type ConfigError, type ConfigWarning, type Source } from './config-problem.js';
export { printConfig } from './print-config.js';
export { parseFlags, type ParsedFlags } from './flags.js';
export { settingsFromEnvironment, variableOfKey, type Environment } from './environment.js';
export { escapeValue, parseProperties, type ParsedProperties, type Property } from './properties.js';
export { parseMetaProperties, printMetaProperties, type MetaProperties } from './meta-properties.js';
export {
  MAX_NODE_ID,
  formatInitialControllers,
  parseInitialControllers,
  parseNodeId,
  parseVoters,
  type InitialController,
  type StaticVoter,
} from './voters.js';
export {
  formatEndpoint,
  formatHostPort,
  isWildcard,
  parseAdvertisedListeners,
  parseBootstrapServers,
  parseHostPort,
  parseListeners,
  type HostPort,
  type NamedEndpoint,
} from './endpoint.js';
export { SECURITY_PROTOCOLS, type SecurityProtocol } from './security-protocol-map.js';
export { KEY_DEFINITIONS, type KnownKey } from './key-definitions.js';
export type { KeyDefinition, Program } from './key-definition.js';
export type { Parsed } from './parsed.js';
export { nearestName } from './nearest-name.js';
export { maskValue } from './secrets.js';
