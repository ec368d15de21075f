import type { KeyValues } from './key-definitions.js';
import type { ClientConfig } from './quorate-config.js';
import { httpBeside, resolveCommon, valueOf, type ResolveContext } from './resolve-common.js';

/** Applies the rules that hold between keys of the gateway or the exporter. What breaks them goes to `context.errors`. */
export function resolveClient(program: 'gateway' | 'exporter', values: KeyValues, context: ResolveContext): ClientConfig {
  const key = program === 'gateway' ? 'gateway.listener' : 'exporter.listener';
  const bind = valueOf(values, key);
  const http = program === 'gateway' ? httpBeside(bind.port) : { host: '127.0.0.1', port: 9464 };
  return {
    program,
    listener: { host: bind.host === '' ? '0.0.0.0' : bind.host, port: bind.port },
    metadataLogDir: values['metadata.log.dir'],
    ...resolveCommon(values, http && { listener: http, from: program === 'gateway' ? key : 'the usual port' }, context),
  };
}
