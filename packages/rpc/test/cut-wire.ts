import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What happens to a new connection. */
type Mode =
  /** It reaches the other side. */
  | 'pass'
  /** It is accepted and closed at once. */
  | 'slam'
  /** It is accepted, and nothing ever comes back. */
  | 'swallow';

/** A wire between a client and a server on this machine that can be cut. To the client it is the server. */
export class CutWire {
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #listener: Server | undefined;
  mode: Mode = 'pass';
  port = 0;
  /** When each connection came in, by `performance.now()`. */
  readonly dials: number[] = [];

  private constructor(target: number) {
    this.#target = target;
  }

  static async to(port: number): Promise<CutWire> {
    const wire = new CutWire(port);
    await wire.mend();
    return wire;
  }

  /** Open connections, both halves counted as one. */
  get connections(): number {
    return Math.ceil(this.#sockets.size / 2);
  }

  /** Accepts connections (again), always on the same port. */
  mend(): Promise<void> {
    const listener = createServer((socket) => this.#accept(socket));
    this.#listener = listener;
    return new Promise((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(this.port, '127.0.0.1', () => {
        this.port = (listener.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  /** Breaks every connection; new ones are still accepted. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  /** Breaks every connection and refuses new ones: what a killed process looks like. */
  async kill(): Promise<void> {
    const closed = new Promise((resolve) => this.#listener?.close(resolve) ?? resolve(undefined));
    this.#listener = undefined;
    this.cut();
    await closed;
  }

  #accept(socket: Socket): void {
    this.dials.push(performance.now());
    this.#hold(socket);
    if (this.mode === 'slam') socket.destroy();
    if (this.mode !== 'pass') return;
    const other = connect(this.#target, '127.0.0.1');
    this.#hold(other);
    socket.on('close', () => other.destroy());
    other.on('close', () => socket.destroy());
    socket.pipe(other).pipe(socket);
  }

  #hold(socket: Socket): void {
    socket.setNoDelay(true);
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
