import {
  loadClientConfig,
  loadServerConfig,
  parseAdvertisedListeners,
  parseBootstrapServers,
  parseFlags,
  parseInitialControllers,
  parseListeners,
  parseProperties,
  parseVoters,
  printConfig,
} from '@quorate/config';
import { utf8Decode, utf8Encode } from '@quorate/records';
import type { Random } from '../random.js';
import type { FuzzTarget } from '../target.js';
import { uuid } from './made.js';

const SERVER = [
  'process.roles=broker,controller',
  'node.id=1',
  'listeners=BROKER://127.0.0.1:19101,CONTROLLER://127.0.0.1:19091',
  'controller.listener.names=CONTROLLER',
  'inter.broker.listener.name=BROKER',
  'listener.security.protocol.map=CONTROLLER:PLAINTEXT,BROKER:PLAINTEXT',
  'controller.quorum.bootstrap.servers=127.0.0.1:19091,localhost:19092',
  'log.dirs=/var/lib/quorate # where it lies',
  'controller.quorum.election.timeout.ms : 1000',
  'nats.servers=nats://127.0.0.1:4222',
  '! a comment',
  'metadata.log.segment.bytes=1\\',
  '  048576',
];

/** A properties file, as far as a process reads it before it starts. Text that is refused is refused with values. */
export const propertiesTarget: FuzzTarget = {
  name: 'properties',
  shape: 'text',
  valid: (random) => utf8Encode(`${SERVER.filter((_, index) => index < 8 || random.oneIn(2)).join('\n')}\n`),
  largeBytes: 128 * 1024,
  // Each line that is not understood is answered with a message of some hundred letters.
  heapPerByte: 2048,
  decode: (bytes) => {
    const text = utf8Decode(bytes);
    const { problems } = parseProperties(text);
    parseProperties(text, 'keep');
    const sources = { file: { name: 'server.properties', text } };
    const server = loadServerConfig(sources);
    printConfig(server.settings);
    loadClientConfig('gateway', sources);
    return problems.length === 0 ? 'read' : 'refused';
  },
};

/** A server's arguments, and the texts with a form of their own that stand in flags. One argument a line. */
export const commandLineTarget: FuzzTarget = {
  name: 'command-line',
  shape: 'text',
  valid: (random) => utf8Encode(commandLine(random).join('\n')),
  largeBytes: 64 * 1024,
  // An argument takes one letter, the message that it is no flag a hundred.
  heapPerByte: 1024,
  decode: (bytes) => {
    const args = utf8Decode(bytes).split('\n');
    const { problems, settings } = parseFlags(args);
    for (const { value } of settings) {
      parseVoters(value);
      parseInitialControllers(value);
      parseListeners(value);
      parseAdvertisedListeners(value);
      parseBootstrapServers(value);
    }
    return problems.length === 0 ? 'read' : 'refused';
  },
};

function commandLine(random: Random): string[] {
  const voters = [1, 2, 3].map((id) => `${id}@127.0.0.1:1909${id}`);
  return [
    ...(random.oneIn(2) ? ['--config', 'server.properties'] : ['-c', '-']),
    `--controller.quorum.voters=${voters.join(',')}`,
    `--initial=${voters.map((voter) => `${voter}:${uuid(random)}`).join(',')}`,
    '--listeners=CONTROLLER://[::1]:19091,BROKER://localhost:0',
    ...(random.oneIn(4) ? ['--version'] : []),
  ];
}
