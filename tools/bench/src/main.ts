import path from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, requireProgram } from '@quorate/e2e';
import { benchAtSize } from './at-size.js';
import { benchBulk } from './bulk.js';
import { benchFailover } from './failover.js';
import { benchJoin } from './join.js';
import { benchPeers } from './peers.js';
import { benchReplay } from './replay.js';
import { publish, type Report } from './report.js';
import { benchSilent } from './silent.js';
import { benchStart } from './start.js';
import { benchTransfer } from './transfer.js';
import { benchWrite } from './write.js';

const USAGE = `npm run bench -- NAME… [--runs N] [--seconds N] [--warm-up N] [--kills N] [--sizes N,N…] [--kafka FOLDER]
  write      P1–P3: single writes, one and 64 in flight, etcd beside them where it is on the machine
  bulk       P4: 100 topics a request
  failover   P6: no write for how long after kill -9 of the active controller
  silent     P7: no write for how long after the active controller goes silent
  size       P9–P12: failover, restart, memory and snapshots with so many partitions (--sizes, by default 1000,100000)
  transfer   P8: no write for how long around a planned hand-over, and failed calls
  join       P16: an empty voter joins, with so many partitions (--sizes)
  replay     P17: a log of a million records into an image
  start      P20: 3 + 3 with 1,000 partitions, start to ready
  peers      the same questions to etcd, ZooKeeper and Kafka, whatever of them is here; Kafka's jars lie in a folder that
             --kafka or QUORATE_KAFKA_HOME names`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '21' },
      'warm-up': { type: 'string', default: '10' },
      kills: { type: 'string', default: '20' },
      sizes: { type: 'string', default: '1000,100000' },
      kafka: { type: 'string' },
    },
  });
  const numbers = { runs: Number(values.runs), seconds: Number(values.seconds), warmUpSeconds: Number(values['warm-up']), kills: Number(values.kills) };
  const others = { sizes: values.sizes.split(',').map(Number), kafkaFolder: values.kafka ?? process.env['QUORATE_KAFKA_HOME'] };
  if (positionals.length === 0 || [...Object.values(numbers), ...others.sizes].some((value) => !(value > 0))) {
    console.error(USAGE);
    return 2;
  }
  for (const name of positionals) {
    const report = await run(name, { ...numbers, ...others });
    if (report === undefined) {
      console.error(`no benchmark is called "${name}"\n${USAGE}`);
      return 2;
    }
    publish(report, path.join(ROOT, '.cache/bench'));
  }
  return 0;
}

interface Numbers {
  readonly runs: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly kills: number;
  readonly sizes: readonly number[];
  readonly kafkaFolder: string | undefined;
}

async function run(name: string, numbers: Numbers): Promise<Report | undefined> {
  switch (name) {
    case 'write':
      return benchWrite(numbers);
    case 'bulk':
      return benchBulk(numbers);
    case 'failover':
      return benchFailover({ kills: numbers.kills, etcdKills: Math.min(5, numbers.kills) });
    case 'silent':
      return benchSilent({ stops: numbers.kills });
    case 'size':
      return benchAtSize({ sizes: numbers.sizes, kills: Math.min(5, numbers.kills) });
    case 'join':
      return benchJoin(numbers);
    case 'peers':
      return benchPeers(numbers);
    case 'replay':
      return benchReplay({ runs: numbers.runs, records: 1_000_000 });
    case 'transfer':
      return benchTransfer({ transfers: numbers.kills });
    case 'start':
      return benchStart({ runs: numbers.runs, natsServer: await requireProgram('nats-server') });
    default:
      return undefined;
  }
}

process.exitCode = await main();
