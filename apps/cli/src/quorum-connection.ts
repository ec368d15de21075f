import { parseBootstrapServers, type HostPort } from '@quorate/config';
import { QuorumCalls, RpcFailure } from '@quorate/rpc';
import { CommandError } from './command.js';

/** Flags by which a verb of `quorate quorum` finds the cluster; exactly one is needed. */
export const CONNECTION_FLAGS = { 'bootstrap-server': { type: 'string' }, 'bootstrap-controller': { type: 'string' } } as const;
export const CONNECTION_USAGE = '--bootstrap-server HOST:PORT | --bootstrap-controller HOST:PORT';

interface ConnectionValues {
  readonly 'bootstrap-server'?: string | undefined;
  readonly 'bootstrap-controller'?: string | undefined;
}

/** Longer than a controller waits for the commit of a voter change. */
const CALL_MS = 10_000;

/**
 * Runs the calls against a gateway or broker (`--bootstrap-server`), or against a controller; of several addresses the first
 * that is there. A refusal is one line.
 */
export async function withQuorum<T>(values: ConnectionValues, usage: string, run: (quorum: QuorumCalls) => Promise<T>): Promise<T> {
  const given = [values['bootstrap-server'], values['bootstrap-controller']].filter((value) => value !== undefined);
  if (given.length !== 1) throw new CommandError(`${given.length === 0 ? 'one is needed' : 'only one can be given'}: ${CONNECTION_USAGE}\nUsage: ${usage}`);
  const addresses = parseAddresses(given[0]!, usage);
  for (const [index, address] of addresses.entries()) {
    const quorum = new QuorumCalls(address, CALL_MS);
    try {
      return await run(quorum);
    } catch (error) {
      if (!(error instanceof RpcFailure)) throw error;
      const isLast = index === addresses.length - 1;
      if (error.reason !== 'NETWORK_EXCEPTION' || isLast) throw new CommandError(describeFailure(address, error), { cause: error });
    } finally {
      quorum.close();
    }
  }
  throw new CommandError(`no address in ${given[0]}`);
}

function parseAddresses(text: string, usage: string): readonly HostPort[] {
  const parsed = parseBootstrapServers(text);
  if (parsed.kind === 'refused') throw new CommandError(`${text}: ${parsed.problem}. Accepted: ${parsed.accepted}\nUsage: ${usage}`);
  return parsed.value;
}

function describeFailure({ host, port }: HostPort, { reason, message, metadata }: RpcFailure): string {
  if (reason === 'NETWORK_EXCEPTION') return `nobody answers at ${host}:${port}: ${message}`;
  if (reason === 'METHOD_NOT_SERVED') return `${host}:${port} does not serve the quorum's calls: name a gateway, a broker or a controller`;
  const elsewhere = reason === 'NOT_CONTROLLER' && metadata['endpoint'] !== undefined ? `; ask ${metadata['endpoint']}, or a gateway` : '';
  const unknown = metadata['outcome'] === 'unknown' ? ' (it may still have happened: look with `quorate quorum describe --status`)' : '';
  return `${reason}: ${message}${elsewhere}${unknown}`;
}
