import { connect, type NatsConnection } from '@nats-io/transport-node';

/** What a user of the connection is told. */
export interface NatsListener {
  /** Connected, for the first time or again. Subscriptions survive; messages sent meanwhile are lost. */
  up(connection: NatsConnection): void;
  down(): void;
  /** The server refused us for good (authentication, protocol): said once, tried again all the same. */
  problem(message: string): void;
}

const RECONNECT_WAIT_MS = 100;

/** One connection that keeps trying for ever; `close` ends it. NATS being away is never an error of ours. */
export class NatsLink {
  readonly #servers: readonly string[];
  readonly #name: string;
  readonly #listener: NatsListener;
  #connection: NatsConnection | undefined;
  #isUp = false;
  #closed = false;

  /** @param options.servers - `nats://host:port`, at least one. */
  constructor(options: { readonly servers: readonly string[]; readonly name: string; readonly listener: NatsListener }) {
    this.#servers = options.servers;
    this.#name = options.name;
    this.#listener = options.listener;
  }

  /** The connection while it is up. */
  get connection(): NatsConnection | undefined {
    return this.#isUp ? this.#connection : undefined;
  }

  open(): void {
    void this.#dial();
  }

  /** Sends what is buffered, at most for a moment, and closes. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#isUp = false;
    await this.#connection?.close().catch(() => undefined);
  }

  async #dial(): Promise<void> {
    while (!this.#closed) {
      try {
        const connection = await connect({
          servers: [...this.#servers],
          name: this.#name,
          maxReconnectAttempts: -1,
          reconnectTimeWait: RECONNECT_WAIT_MS,
          reconnectJitter: RECONNECT_WAIT_MS,
          pingInterval: 2000,
          maxPingOut: 2,
          timeout: 2000,
        });
        if (this.#closed) {
          await connection.close().catch(() => undefined);
          return;
        }
        this.#connection = connection;
        this.#isUp = true;
        this.#listener.up(connection);
        await this.#watch(connection);
      } catch (error) {
        // Nobody listens yet: that is ordinary at start-up and says nothing new each time.
        if (!(error instanceof Error && /refused|closed|timeout|ENOTFOUND/i.test(`${error.name} ${error.message}`))) {
          this.#listener.problem(error instanceof Error ? error.message : String(error));
        }
      }
      if (!this.#closed) await new Promise((resolve) => setTimeout(resolve, RECONNECT_WAIT_MS).unref());
    }
  }

  /** Follows the connection's own status until it is closed for good. */
  async #watch(connection: NatsConnection): Promise<void> {
    void connection.closed().then(() => this.#setUp(false, connection));
    for await (const status of connection.status()) {
      if (status.type === 'disconnect' || status.type === 'staleConnection') this.#setUp(false, connection);
      else if (status.type === 'reconnect') this.#setUp(true, connection);
      else if (status.type === 'error') this.#listener.problem(String(status.error));
    }
    this.#setUp(false, connection);
  }

  #setUp(up: boolean, connection: NatsConnection): void {
    if (this.#closed || up === this.#isUp) return;
    this.#isUp = up;
    if (up) this.#listener.up(connection);
    else this.#listener.down();
  }
}
