import { afterEach, describe, expect, it } from 'vitest';
import { TelemetryServer } from './http-server.js';
import { Metrics } from './metrics.js';

let server: TelemetryServer | undefined;
afterEach(() => server?.close());

const metrics = new Metrics({ app: 'test', version: '1', withProcess: false });

describe('TelemetryServer', () => {
  it('serves metrics, and health by status code', async () => {
    let ok = true;
    server = await TelemetryServer.listen({ host: '127.0.0.1', port: 0, metrics, health: () => ({ ok, detail: { leader: 2 } }) });
    const at = `http://127.0.0.1:${server.port}`;

    expect(await (await fetch(`${at}/metrics`)).text()).toContain('quorate_build_info');
    const healthy = await fetch(`${at}/healthz`);
    expect([healthy.status, await healthy.json()]).toEqual([200, { ok: true, leader: 2 }]);
    ok = false;
    expect((await fetch(`${at}/healthz`)).status).toBe(503);
    expect((await fetch(`${at}/other`)).status).toBe(404);
    expect((await fetch(`${at}/metrics`, { method: 'POST' })).status).toBe(405);
  });

  it('lets an answer that it has begun end when it closes, and keeps no connection beyond it', async () => {
    let release: (() => void) | undefined;
    let asked: (() => void) | undefined;
    const wasAsked = new Promise<void>((resolve) => (asked = resolve));
    const slow = {
      contentType: 'text/plain',
      expose: () => {
        asked?.();
        return new Promise<string>((resolve) => (release = () => resolve('slow\n')));
      },
    } as unknown as Metrics;
    const closing = await TelemetryServer.listen({ host: '127.0.0.1', port: 0, metrics: slow, health: () => ({ ok: true, detail: {} }) });
    const at = `http://127.0.0.1:${closing.port}`;
    const answer = fetch(`${at}/metrics`);
    await wasAsked;

    const closed = closing.close(60_000);
    await expect(fetch(`${at}/healthz`)).rejects.toThrow();
    release?.();

    expect(await (await answer).text()).toBe('slow\n');
    await closed;
  });

  it('cuts what does not end in time', async () => {
    const never = { contentType: 'text/plain', expose: () => new Promise<string>(() => undefined) } as unknown as Metrics;
    const closing = await TelemetryServer.listen({ host: '127.0.0.1', port: 0, metrics: never, health: () => ({ ok: true, detail: {} }) });
    const answer = fetch(`http://127.0.0.1:${closing.port}/metrics`);
    answer.catch(() => undefined);

    await closing.close(1);
    await expect(answer).rejects.toThrow();
  });

  it('names the address when somebody listens there already', async () => {
    server = await TelemetryServer.listen({ host: '127.0.0.1', port: 0, metrics, health: () => ({ ok: true, detail: {} }) });

    await expect(TelemetryServer.listen({ host: '127.0.0.1', port: server.port, metrics, health: () => ({ ok: true, detail: {} }) })).rejects.toThrow(`127.0.0.1:${server.port}`);
  });
});
