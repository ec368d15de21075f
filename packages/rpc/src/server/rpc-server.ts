import { createServer, type AddressInfo, type Server as NetServer, type Socket } from 'node:net';
import { Server, ServerCredentials, type ConnectionInjector, type UntypedServiceImplementation } from '@grpc/grpc-js';
import type { ServerLimits } from '../limits.js';
import type { CallRecord } from './call-context.js';
import { guardBidi, guardServerStream, guardUnary, lenientMethod, type CallGuard } from './guarded-service.js';
import type { AnyMethod, AnyService, BidiHandler, HandlersOf, ServerStreamHandler, UnaryHandler } from './handlers.js';
import type { Health } from './health.js';
import { addReflection } from './reflection.js';
import { WorkBudget } from './work-budget.js';

export interface RpcServerOptions {
  readonly limits: ServerLimits;
  /** Told of every finished call and stream. */
  readonly finished: (call: CallRecord) => void;
}

const HEALTH_SERVICE = 'grpc.health.v1.Health';

/** The address cannot be listened on: taken, or not ours. */
export class ListenError extends Error {
  readonly code: string;
  constructor(host: string, port: number, cause: NodeJS.ErrnoException) {
    const what = cause.code === 'EADDRINUSE' ? 'another process listens there' : cause.message;
    super(`cannot listen on ${host}:${port}: ${what}`, { cause });
    this.name = 'ListenError';
    this.code = cause.code ?? 'UNKNOWN';
  }
}

/**
 * One listener: a gRPC server with its services, health and reflection. It accepts the connections itself and hands them to
 * grpc-js, which has no bound on connections of its own.
 */
export class RpcServer {
  readonly #server: Server;
  readonly #options: RpcServerOptions;
  readonly #serviceNames: string[] = [];
  readonly #guard: CallGuard;
  #listener: NetServer | undefined;
  #injector: ConnectionInjector | undefined;
  readonly #budget: WorkBudget;
  readonly #streams = new Set<() => void>();
  readonly #sockets = new Set<Socket>();

  constructor(options: RpcServerOptions) {
    this.#options = options;
    this.#server = new Server(serverOptions(options.limits));
    this.#budget = new WorkBudget(options.limits);
    this.#guard = {
      budget: this.#budget,
      finished: options.finished,
      opened: (stop) => {
        this.#streams.add(stop);
        return () => void this.#streams.delete(stop);
      },
    };
  }

  /** Calls and streams in work. */
  get calls(): number {
    return this.#budget.calls;
  }

  /** Serves all methods of a generated service definition. */
  add<S extends AnyService>(service: S, handlers: HandlersOf<S>): void {
    const definition: Record<string, ReturnType<typeof lenientMethod>> = {};
    const implementation: UntypedServiceImplementation = {};
    for (const [name, method] of Object.entries(service)) {
      definition[name] = lenientMethod(method);
      implementation[name] = guarded(method, handlers[name], this.#guard);
      this.#noteService(method);
    }
    this.#server.addService(definition, implementation);
  }

  /** Health and reflection; after the services. */
  addHealthAndReflection(health: Health): void {
    health.addTo(this.#server, this.#serviceNames);
    addReflection(this.#server, [...this.#serviceNames, HEALTH_SERVICE]);
  }

  /**
   * @param port - 0 takes a free one.
   * @returns the port.
   * @throws ListenError when the address is taken or not ours.
   */
  listen(host: string, port: number): Promise<number> {
    const injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
    this.#injector = injector;
    const listener = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => undefined);
      injector.injectConnection(socket);
    });
    listener.maxConnections = this.#options.limits.maxConnections;
    this.#listener = listener;
    return new Promise((resolve, reject) => {
      listener.once('error', (error) => reject(new ListenError(host, port, error)));
      listener.listen({ host, port, exclusive: true }, () => {
        listener.removeAllListeners('error');
        listener.on('error', () => undefined);
        resolve((listener.address() as AddressInfo).port);
      });
    });
  }

  /** Takes no new connections; those there are go on. */
  stopAccepting(): void {
    this.#listener?.close();
  }

  /** Says goodbye to every connection, lets calls in work end, ends the streams, and cuts what is left after that long. */
  async stop(graceMs: number): Promise<void> {
    this.stopAccepting();
    await new Promise<void>((resolve) => {
      const cut = setTimeout(() => {
        this.#server.forceShutdown();
        // A session that was closing already is only half closed by that: the caller would wait for us until its keepalive.
        for (const socket of this.#sockets) socket.destroy();
        resolve();
      }, graceMs);
      this.#server.tryShutdown(() => {
        clearTimeout(cut);
        resolve();
      });
      for (const stop of [...this.#streams]) stop();
    });
    this.#injector?.destroy();
  }

  #noteService(method: AnyMethod): void {
    const name = method.path.split('/')[1];
    if (name !== undefined && !this.#serviceNames.includes(name)) this.#serviceNames.push(name);
  }
}

function guarded(method: AnyMethod, handler: unknown, guard: CallGuard) {
  if (method.requestStream) return guardBidi(method, handler as BidiHandler<unknown, unknown>, guard);
  if (method.responseStream) return guardServerStream(method, handler as ServerStreamHandler<unknown, unknown>, guard);
  return guardUnary(method, handler as UnaryHandler<unknown, unknown>, guard);
}

function serverOptions(limits: ServerLimits) {
  return {
    'grpc.max_receive_message_length': limits.maxMessageBytes,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': limits.maxStreamsPerConnection,
    'grpc-node.max_session_memory': limits.maxSessionMemoryMb,
    'grpc-node.flow_control_window': 1024 * 1024,
    // Finds peers whose machine is gone without a word; a dead process is noticed at once.
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 5_000,
    'grpc.enable_channelz': 0,
  };
}
