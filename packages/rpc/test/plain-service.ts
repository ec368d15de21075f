import { Client, credentials, type ChannelOptions, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import { INTERNAL_CHANNEL } from '../src/channel-options.js';
import type { AnyService } from '../src/server/handlers.js';

const toText = (bytes: Buffer): string => bytes.toString('utf8');
const toBytes = (text: string): Buffer => Buffer.from(text, 'utf8');
const texts = { requestSerialize: toBytes, requestDeserialize: toText, responseSerialize: toBytes, responseDeserialize: toText };

/** A service whose messages are texts, one method of each kind. */
export const PlainService = {
  say: { path: '/test.v1.Plain/Say', requestStream: false, responseStream: false, ...texts },
  list: { path: '/test.v1.Plain/List', requestStream: false, responseStream: true, ...texts },
  talk: { path: '/test.v1.Plain/Talk', requestStream: true, responseStream: true, ...texts },
} as const satisfies AnyService;

/** What came of one call: texts that were answered, and how it ended. */
export interface Said {
  readonly texts: readonly string[];
  readonly status: Pick<ServiceError, 'code' | 'details' | 'metadata'>;
}

/** Its client, on a connection of its own. */
export class PlainClient {
  readonly #client: Client;

  constructor(port: number, options: ChannelOptions = {}) {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { ...INTERNAL_CHANNEL, 'grpc.use_local_subchannel_pool': 1, ...options });
  }

  /** @param path - to call what the service does not have. */
  say(text: string | Buffer, { deadlineMs, path = PlainService.say.path as string, signal }: { readonly deadlineMs?: number; readonly path?: string; readonly signal?: AbortSignal } = {}): Promise<Said> {
    return new Promise((resolve) => {
      const options = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
      const call = this.#client.makeUnaryRequest(path, (value: string | Buffer) => Buffer.from(value as string), toText, text, options, (error, answer) => {
        resolve({ texts: answer === undefined ? [] : [answer], status: error ?? OK });
      });
      signal?.addEventListener('abort', () => call.cancel());
    });
  }

  list(text: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Said> {
    const call = this.#client.makeServerStreamRequest(PlainService.list.path, toBytes, toText, text);
    signal?.addEventListener('abort', () => call.cancel());
    return collected(call);
  }

  /** An open stream, and what came of it in the end. */
  talk(path: string = PlainService.talk.path) {
    const call = this.#client.makeBidiStreamRequest(path, (value: string | Buffer) => Buffer.from(value as string), toText);
    const heard: string[] = [];
    call.on('data', (text: string) => heard.push(text));
    return { call, heard, over: collected(call) };
  }

  close(): void {
    this.#client.close();
  }
}

const OK = { code: 0, details: 'OK', metadata: undefined as never };

interface Stream {
  on(event: 'data', listener: (text: string) => void): unknown;
  on(event: 'error', listener: () => void): unknown;
  on(event: 'status', listener: (status: StatusObject) => void): unknown;
}

function collected(call: Stream): Promise<Said> {
  const heard: string[] = [];
  return new Promise((resolve) => {
    call.on('data', (text) => heard.push(text));
    call.on('error', () => undefined);
    call.on('status', (status) => resolve({ texts: heard, status }));
  });
}
