import path from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, requireProgram } from '@quorate/e2e';
import { benchBulk } from './bulk.js';
import { benchFailover } from './failover.js';
import { benchReplay } from './replay.js';
import { publish, type Report } from './report.js';
import { benchStart } from './start.js';
import { benchWrite } from './write.js';

const USAGE = `npm run bench -- NAME… [--runs N] [--seconds N] [--warm-up N] [--kills N]
  write      P1–P3: single writes, one and 64 in flight, etcd beside them where it is on the machine
  bulk       P4: 100 topics a request
  failover   P6: no write for how long after kill -9 of the active controller
  replay     P17: a log of a million records into an image
  start      P20: 3 + 3 with 1,000 partitions, start to ready`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '21' },
      'warm-up': { type: 'string', default: '10' },
      kills: { type: 'string', default: '20' },
    },
  });
  const numbers = { runs: Number(values.runs), seconds: Number(values.seconds), warmUpSeconds: Number(values['warm-up']), kills: Number(values.kills) };
  if (positionals.length === 0 || Object.values(numbers).some((value) => !(value > 0))) {
    console.error(USAGE);
    return 2;
  }
  for (const name of positionals) {
    const report = await run(name, numbers);
    if (report === undefined) {
      console.error(`no benchmark is called "${name}"\n${USAGE}`);
      return 2;
    }
    publish(report, path.join(ROOT, '.cache/bench'));
  }
  return 0;
}

async function run(name: string, numbers: { readonly runs: number; readonly seconds: number; readonly warmUpSeconds: number; readonly kills: number }): Promise<Report | undefined> {
  switch (name) {
    case 'write':
      return benchWrite(numbers);
    case 'bulk':
      return benchBulk(numbers);
    case 'failover':
      return benchFailover({ kills: numbers.kills, etcdKills: Math.min(5, numbers.kills) });
    case 'replay':
      return benchReplay({ runs: numbers.runs, records: 1_000_000 });
    case 'start':
      return benchStart({ runs: numbers.runs, natsServer: await requireProgram('nats-server') });
    default:
      return undefined;
  }
}

process.exitCode = await main();
