import { credentials, makeGenericClientConstructor, status, type ServiceError } from '@grpc/grpc-js';
import { service } from 'grpc-health-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PlainService } from '../../test/plain-service.js';
import { until } from '../../test/until.js';
import { ADMIN_LIMITS } from '../limits.js';
import { Health } from './health.js';
import { RpcServer } from './rpc-server.js';

const HealthClient = makeGenericClientConstructor(service as never, 'Health');
const SERVICE = 'test.v1.Plain';

let health: Health;
let server: RpcServer;
let client: InstanceType<typeof HealthClient>;

beforeEach(async () => {
  health = new Health();
  server = new RpcServer({ limits: ADMIN_LIMITS, finished: () => undefined });
  server.add(PlainService, { say: (text) => text, list: (_text, sink) => sink.end(), talk: (stream) => stream.end() });
  server.addHealthAndReflection(health);
  client = new HealthClient(`127.0.0.1:${await server.listen('127.0.0.1', 0)}`, credentials.createInsecure());
});
afterEach(async () => {
  client.close();
  await server.stop(0);
});

/** `SERVING`, `NOT_SERVING`, or the number of the status that came instead. */
function ask(name: string): Promise<string | number> {
  return new Promise((resolve) => {
    client['check']!({ service: name }, (error: ServiceError | null, answer?: { status: string }) => resolve(answer?.status ?? error?.code ?? -1));
  });
}
const askAll = (...names: string[]) => Promise.all(names.map(ask));

describe('grpc.health.v1', () => {
  it('is alive and nothing else at the start', async () => {
    expect(await askAll('liveness', 'readiness', 'leader', '', SERVICE)).toEqual(['SERVING', 'NOT_SERVING', 'NOT_SERVING', 'NOT_SERVING', 'NOT_SERVING']);
  });

  it('answers for the whole server and for its services what readiness says', async () => {
    health.set('readiness', true);

    expect(await askAll('readiness', '', SERVICE, 'leader')).toEqual(['SERVING', 'SERVING', 'SERVING', 'NOT_SERVING']);
    expect(health.is('readiness')).toBe(true);
  });

  it('tells the leader apart from who is merely ready', async () => {
    health.set('readiness', true);
    health.set('leader', true);
    expect(await askAll('readiness', 'leader')).toEqual(['SERVING', 'SERVING']);

    health.set('leader', false);
    expect(await askAll('readiness', 'leader')).toEqual(['SERVING', 'NOT_SERVING']);
  });

  it('knows no service that is not there', async () => {
    expect(await ask('quorate.admin.v1.NoSuchService')).toBe(status.NOT_FOUND);
  });

  it('stays alive but not ready while the process stops, whatever is set meanwhile', async () => {
    health.set('readiness', true);
    health.set('leader', true);

    health.stopping();
    health.set('readiness', true);
    health.set('leader', true);

    expect(await askAll('liveness', 'readiness', 'leader', '')).toEqual(['SERVING', 'NOT_SERVING', 'NOT_SERVING', 'NOT_SERVING']);
  });

  it('tells a watcher each change', async () => {
    const heard: string[] = [];
    const call = client['watch']!({ service: 'readiness' });
    call.on('error', () => undefined);
    call.on('data', ({ status: now }: { status: string }) => heard.push(now));
    await until('the first answer', () => heard.length === 1);

    health.set('readiness', true);
    health.set('readiness', true);
    await until('the second', () => heard.length === 2);
    health.stopping();
    await until('the third', () => heard.length === 3);

    expect(heard).toEqual(['NOT_SERVING', 'SERVING', 'NOT_SERVING']);
    call.cancel();
  });
});
