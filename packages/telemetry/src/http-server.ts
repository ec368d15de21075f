import { createServer, type Server } from 'node:http';
import type { Metrics } from './metrics.js';

/** What /healthz says: 200 when ok, 503 otherwise, the details as JSON either way. */
export interface HealthReport {
  readonly ok: boolean;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** `/metrics` and `/healthz` of one process. */
export class TelemetryServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @throws an error whose message names the address when it cannot be listened on. */
  static async listen(options: { readonly host: string; readonly port: number; readonly metrics: Metrics; readonly health: () => HealthReport }): Promise<TelemetryServer> {
    const server = createServer((request, response) => {
      const path = (request.url ?? '/').split('?')[0];
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        response.writeHead(405, { allow: 'GET, HEAD' }).end();
      } else if (path === '/metrics') {
        options.metrics.expose().then(
          // A connection is not kept beyond the answer once the server closes.
          (text) => response.writeHead(200, { 'content-type': options.metrics.contentType, ...(server.listening ? {} : { connection: 'close' }) }).end(text),
          (error: unknown) => response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error)),
        );
      } else if (path === '/healthz') {
        const report = options.health();
        response.writeHead(report.ok ? 200 : 503, { 'content-type': 'application/json' }).end(`${JSON.stringify({ ok: report.ok, ...report.detail })}\n`);
      } else {
        response.writeHead(404, { 'content-type': 'text/plain' }).end('here are /metrics and /healthz\n');
      }
    });
    // A scraper that sends nothing may not hold a socket for ever.
    server.requestTimeout = 10_000;
    server.headersTimeout = 5000;
    server.maxConnections = 64;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) =>
        reject(new Error(`http.listener=${options.host}:${options.port}: ${error.code === 'EADDRINUSE' ? 'another process listens there; choose another port' : error.message}`, { cause: error })),
      );
      server.listen(options.port, options.host, resolve);
    });
    server.unref();
    return new TelemetryServer(server);
  }

  get port(): number {
    const address = this.#server.address();
    return address === null || typeof address === 'string' ? 0 : address.port;
  }

  /** Takes nothing more, and lets what it has begun to answer end, for at most that long. */
  close(graceMs = 1000): Promise<void> {
    return new Promise((resolve) => {
      const cut = setTimeout(() => this.#server.closeAllConnections(), graceMs);
      this.#server.close(() => {
        clearTimeout(cut);
        resolve();
      });
      this.#server.closeIdleConnections();
    });
  }
}
