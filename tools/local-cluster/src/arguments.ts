import path from 'node:path';
import { parseArgs } from 'node:util';

export interface StartArguments {
  readonly controllers: number;
  readonly brokers: number;
  readonly fresh: boolean;
  readonly portOffset: number;
  readonly withNats: boolean;
  readonly home: string;
  readonly help: boolean;
}

export const USAGE = `npm start [-- FLAGS]     a cluster on this machine, all of it on loopback
  --controllers 1|3|5    voters of the metadata quorum (3)
  --brokers N            brokers, 0 to 50 (3)
  --fresh                move the data of an earlier start aside and begin anew
  --port-offset N        add N to every port (0)
  --no-nats              fan metadata out over gRPC alone
Data lie in .quorate/ (QUORATE_HOME elsewhere). QUORATE_NATS_URL names a NATS server of yours.`;

/** Reads the flags of `npm start`; throws an Error whose message names the flag and what it accepts. */
export function parseStartArguments(args: readonly string[], env: Readonly<Record<string, string | undefined>>, root: string): StartArguments {
  const { values } = parseArgs({
    args: [...args],
    allowPositionals: false,
    options: {
      controllers: { type: 'string', default: '3' },
      brokers: { type: 'string', default: '3' },
      fresh: { type: 'boolean', default: false },
      'port-offset': { type: 'string', default: '0' },
      'no-nats': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const controllers = integerOrThrow('--controllers', values.controllers, 1, 5);
  if (controllers % 2 === 0) throw new Error(`--controllers ${controllers}: an even number tolerates no more failures than one less; write 1, 3 or 5`);
  const home = env['QUORATE_HOME'];
  return {
    controllers,
    brokers: integerOrThrow('--brokers', values.brokers, 0, 50),
    fresh: values.fresh,
    portOffset: integerOrThrow('--port-offset', values['port-offset'], 0, 40_000),
    withNats: !values['no-nats'],
    home: path.resolve(home === undefined || home === '' ? path.join(root, '.quorate') : home),
    help: values.help,
  };
}

function integerOrThrow(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) throw new Error(`${flag} ${text}: write a whole number from ${least} to ${most}`);
  return value;
}
