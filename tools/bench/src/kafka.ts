import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually, freePorts } from '@quorate/e2e';
import { FramedSocket } from './framed-socket.js';

const CREATE_TOPICS = 19;
const CREATE_TOPICS_VERSION = 4;
const CLUSTER_ID = 'AAAAAAAAAAAAAAAAAAAAZQ';

interface Member {
  readonly id: number;
  readonly process: ChildProcess;
  readonly port: number;
}

/** A folder with Kafka's jars in `libs` (or below `kafka/libs`), and which version they are. */
export function kafkaVersion(folder: string): string | undefined {
  const jars = jarsOf(folder);
  if (jars === undefined) return undefined;
  return readdirSync(jars).map((name) => /^kafka-server-(\d[\d.]*)\.jar$/.exec(name)?.[1]).find((version) => version !== undefined) ?? 'of that folder';
}

function jarsOf(folder: string): string | undefined {
  return [path.join(folder, 'libs'), path.join(folder, 'kafka/libs'), folder].find((each) => existsSync(each) && readdirSync(each).some((name) => name.startsWith('kafka-server')));
}

/**
 * Apache Kafka in KRaft mode: three controllers and three brokers of 512 MB heap. Written to by Kafka's own protocol, without
 * its client library: the brokers hand CreateTopics on to the active controller.
 */
export class KafkaCluster {
  readonly #home: string;
  readonly #jars: string;
  readonly #controllers: readonly Member[];
  readonly #brokers: readonly Member[];
  readonly #connections: (FramedSocket | undefined)[] = [];
  #correlation = 0;
  #names = 0;

  private constructor(home: string, jars: string, controllers: readonly Member[], brokers: readonly Member[]) {
    this.#home = home;
    this.#jars = jars;
    this.#controllers = controllers;
    this.#brokers = brokers;
  }

  static async start(folder: string): Promise<KafkaCluster> {
    const jars = jarsOf(folder);
    if (jars === undefined) throw new Error(`no jars of Kafka in ${folder}`);
    const home = mkdtempSync(path.join(tmpdir(), 'quorate-bench-kafka-'));
    const ports = await freePorts(6);
    const controllerPorts = ports.slice(0, 3);
    const common = [
      `controller.quorum.voters=${controllerPorts.map((port, index) => `${index + 1}@127.0.0.1:${port}`).join(',')}`,
      'controller.listener.names=CONTROLLER',
      'listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
      'offsets.topic.replication.factor=1',
    ];
    const start = (id: number, port: number, lines: readonly string[]): Member => {
      const config = path.join(home, `${id}.properties`);
      writeFileSync(config, [...lines, ...common, `node.id=${id}`, `log.dirs=${path.join(home, String(id))}`, ''].join('\n'));
      const formatted = spawnSync('java', ['-cp', `${jars}/*`, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', config], { encoding: 'utf8' });
      if (formatted.status !== 0) throw new Error(`Kafka's format failed: ${formatted.stderr}`);
      const log = openSync(path.join(home, `${id}.log`), 'a');
      return { id, port, process: spawn('java', ['-Xmx512m', '-cp', `${jars}/*`, 'kafka.Kafka', config], { stdio: ['ignore', log, log] }) };
    };
    const controllers = controllerPorts.map((port, index) => start(index + 1, port, ['process.roles=controller', `listeners=CONTROLLER://127.0.0.1:${port}`]));
    const brokers = ports.slice(3).map((port, index) => start(101 + index, port, ['process.roles=broker', `listeners=PLAINTEXT://127.0.0.1:${port}`]));
    const cluster = new KafkaCluster(home, jars, controllers, brokers);
    try {
      for (const broker of brokers.keys()) await eventually(`Kafka's broker ${broker} takes a write`, 120_000, () => cluster.create(broker, 1));
      return cluster;
    } catch (error) {
      const log = readFileSync(path.join(home, '101.log'), 'utf8').slice(-1500);
      await cluster.stop();
      throw new Error(`Kafka did not start:\n${log}`, { cause: error });
    }
  }

  /** One request for so many new topics of one partition, over connection `slot`: Kafka answers one request a connection at a time. */
  async create(slot: number, topics: number): Promise<void> {
    const names = Array.from({ length: topics }, () => `bench-${(this.#names += 1)}`);
    let connection = this.#connections[slot];
    if (connection === undefined || connection.isOver) {
      connection = await FramedSocket.connect(this.#brokers[slot % this.#brokers.length]!.port);
      this.#connections[slot] = connection;
    }
    const answer = await connection.send(createTopics((this.#correlation += 1), names));
    checkCreated(answer);
  }

  /** Id of the active controller, as Kafka's own tool tells. */
  leader(): number {
    const controllers = this.#controllers.filter(({ process }) => process.exitCode === null && process.signalCode === null).map(({ port }) => `127.0.0.1:${port}`);
    const result = spawnSync('java', ['-cp', `${this.#jars}/*`, 'org.apache.kafka.tools.MetadataQuorumCommand', '--bootstrap-controller', controllers.join(','), 'describe', '--status'], { encoding: 'utf8' });
    return Number(/LeaderId:\s+(\d+)/.exec(result.stdout)?.[1] ?? -1);
  }

  kill(id: number): void {
    this.#controllers.find((each) => each.id === id)?.process.kill('SIGKILL');
  }

  get pids(): readonly number[] {
    return [...this.#controllers, ...this.#brokers].flatMap(({ process }) => (process.pid === undefined ? [] : [process.pid]));
  }

  async stop(): Promise<void> {
    for (const connection of this.#connections) connection?.close();
    for (const { process } of [...this.#brokers, ...this.#controllers]) {
      if (process.exitCode !== null || process.signalCode !== null) continue;
      const gone = new Promise((resolve) => process.once('exit', resolve));
      process.kill('SIGKILL');
      await gone;
    }
    rmSync(this.#home, { recursive: true, force: true });
  }
}

/** CreateTopics, version 4: one partition, one replica each, no configs. */
function createTopics(correlation: number, names: readonly string[]): Buffer {
  const parts = [int16(CREATE_TOPICS), int16(CREATE_TOPICS_VERSION), int32(correlation), text('bench'), int32(names.length)];
  for (const name of names) parts.push(text(name), int32(1), int16(1), int32(0), int32(0));
  return Buffer.concat([...parts, int32(30_000), Buffer.from([0])]);
}

function checkCreated(answer: Buffer): void {
  let at = 8; // correlation id, throttle time
  const count = answer.readInt32BE(at);
  at += 4;
  for (let topic = 0; topic < count; topic += 1) {
    at += 2 + answer.readInt16BE(at);
    const error = answer.readInt16BE(at);
    const length = answer.readInt16BE(at + 2);
    if (error !== 0) throw new Error(`Kafka answers ${error}: ${answer.toString('utf8', at + 4, at + 4 + Math.max(0, length))}`);
    at += 4 + Math.max(0, length);
  }
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);
}
