import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describeConfigError, loadServerConfig, type ServerConfig } from '../src/index.js';

// Shapes of configuration that published articles show, each with the outcome that was decided for it.
const fixture = (name: string) => ({ name: `${name}.properties`, text: readFileSync(new URL(`../fixtures/${name}.properties`, import.meta.url), 'utf8') });

function refusals(name: string, ...flags: { key: string; value: string }[]): string[] {
  const loaded = loadServerConfig({ file: fixture(name), flags });
  return loaded.kind === 'refused' ? loaded.errors.map(describeConfigError) : [];
}

function started(name: string, ...flags: { key: string; value: string }[]): ServerConfig {
  const loaded = loadServerConfig({ file: fixture(name), flags });
  if (loaded.kind === 'refused') throw new Error(loaded.errors.map(describeConfigError).join('\n'));
  return loaded.config;
}

describe('fixture 2, a controller with a static voter list', () => {
  it('is answered with the id to add, found by its listener, and with what to write in place of the voters', () => {
    expect(refusals('2-controller')).toEqual([
      'controller.quorum.voters=1@controller1:9093,2@controller2:9093,3@controller3:9093 (2-controller.properties line 3): ' +
        'a controller cannot be begun from a static voter list without directory ids yet. ' +
        'Accepted: format with `quorate storage format --initial-controllers ' +
        '"1@controller1:9093:<directory id>,2@controller2:9093:<directory id>,3@controller3:9093:<directory id>"` ' +
        'and write controller.quorum.bootstrap.servers=controller1:9093,controller2:9093,controller3:9093 in place of this line.',
      'node.id: every node has an id of its own. Accepted: add node.id=1 (controller.quorum.voters has it at controller1:9093).',
    ]);
  });

  it('starts once it is written as told', () => {
    const { name, text } = fixture('2-controller');
    const asTold = text.replace(/^controller\.quorum\.voters=.*$/m, 'node.id=1\ncontroller.quorum.bootstrap.servers=controller1:9093,controller2:9093,controller3:9093');

    const loaded = loadServerConfig({ file: { name, text: asTold } });

    expect(loaded).toMatchObject({
      kind: 'ok',
      warnings: [],
      config: {
        roles: ['controller'],
        nodeId: 1,
        clusterId: 'kafka-cluster-001',
        metadataLogDir: '/var/lib/kafka/data/metadata',
        listeners: [{ name: 'CONTROLLER', host: 'controller1', port: 9093, carries: 'controller', advertised: { host: 'controller1', port: 9093 } }],
      },
    });
  });
});

describe('fixture 3, a broker beside it', () => {
  it('is answered with the one line to add', () => {
    expect(refusals('3-broker')).toEqual([
      'node.id: every node has an id of its own. Accepted: add node.id with a number other than 1, 2, 3, which are controllers.',
    ]);
  });

  it('starts with that line, and finds the controllers by the static list', () => {
    const config = started('3-broker', { key: 'node.id', value: '101' });

    expect(config).toMatchObject({
      roles: ['broker'],
      nodeId: 101,
      bootstrapServers: ['controller1', 'controller2', 'controller3'].map((host) => ({ host, port: 9093 })),
      metadataLogDir: '/var/lib/kafka/data',
      logDirs: ['/var/lib/kafka/data'],
      interBrokerListenerName: 'PLAINTEXT',
      controllerListenerNames: ['CONTROLLER'],
    });
  });

  it("is refused under a controller's id", () => {
    expect(refusals('3-broker', { key: 'node.id', value: '2' })).toEqual([
      'node.id=2 (flag): 2 is a controller in controller.quorum.voters, and this node is a broker alone. Accepted: a number other than 1, 2, 3, which are controllers.',
    ]);
  });
});
