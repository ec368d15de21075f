import { askTransfer, RpcFailure } from '@quorate/rpc';
import { CommandError, succeed, type CliCommand } from './command.js';
import { readFlags } from './read-flags.js';

const USAGE = 'quorate quorum transfer-leadership [--bootstrap-server HOST:PORT] [--to NODE_ID] [--validate-only] [--timeout-ms MS]';
/** The gateway of a cluster on this machine. */
const DEFAULT_SERVER = '127.0.0.1:19000';
const DEFAULT_TIMEOUT_MS = 10_000;

/** Has the active controller hand over, before its machine is taken away or because it is slow (ours; Kafka has no such tool). */
export const transferLeadershipCommand: CliCommand = {
  name: 'quorum transfer-leadership',
  usage: USAGE,
  summary: 'hands the leadership of the quorum to another voter, the one that is furthest unless told; no write is lost',
  run: async (args) => {
    const flags = readFlags(args, USAGE, {
      'bootstrap-server': { type: 'string' },
      to: { type: 'string' },
      'validate-only': { type: 'boolean' },
      'timeout-ms': { type: 'string' },
    });
    const server = flags['bootstrap-server'] ?? DEFAULT_SERVER;
    const successorId = flags.to === undefined ? undefined : wholeNumber(flags.to, '--to');
    const timeoutMs = flags['timeout-ms'] === undefined ? DEFAULT_TIMEOUT_MS : wholeNumber(flags['timeout-ms'], '--timeout-ms');
    const validateOnly = flags['validate-only'] === true;
    try {
      const { previousLeaderId, leaderId, leaderEpoch, tookMs } = await askTransfer(addressOf(server), { successorId, validateOnly }, timeoutMs);
      if (previousLeaderId === leaderId) return succeed([`node ${leaderId} leads already, in epoch ${leaderEpoch}`]);
      if (validateOnly) return succeed([`node ${previousLeaderId} leads epoch ${leaderEpoch} and would hand over to node ${leaderId}`]);
      return succeed([`node ${leaderId} leads epoch ${leaderEpoch}; node ${previousLeaderId} handed over in ${tookMs.toFixed(1)} ms`]);
    } catch (error) {
      if (error instanceof RpcFailure) throw new CommandError(`${server} answers ${error.reason}: ${error.message}`, { cause: error });
      throw error;
    }
  },
};

function wholeNumber(text: string, flag: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new CommandError(`${flag} must be a whole number, got ${JSON.stringify(text)}\nUsage: ${USAGE}`);
  return Number(text);
}

function addressOf(text: string): { readonly host: string; readonly port: number } {
  const match = /^(.+):(\d{1,5})$/.exec(text);
  if (match === null) throw new CommandError(`--bootstrap-server must be HOST:PORT, got ${JSON.stringify(text)}\nUsage: ${USAGE}`);
  return { host: match[1]!.replace(/^\[(.*)\]$/, '$1'), port: Number(match[2]) };
}
