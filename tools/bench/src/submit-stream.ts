import { randomBytes } from 'node:crypto';
import { credentials, type ClientDuplexStream } from '@grpc/grpc-js';
import type { AdminAnswer, AdminWrite, SubmitRequest, SubmitResponse } from '@quorate/records/gen/quorate/controller/v1/controller';
import { ControllerServiceClient } from '@quorate/rpc';

/** Writes to the active controller over one stream, matched by request id. */
export class SubmitStream {
  readonly #client: ControllerServiceClient;
  readonly #stream: ClientDuplexStream<SubmitRequest, SubmitResponse>;
  readonly #waiting = new Map<string, (answer: AdminAnswer) => void>();
  #failure: Error | undefined;

  constructor(address: string) {
    this.#client = new ControllerServiceClient(address, credentials.createInsecure());
    this.#stream = this.#client.submit();
    this.#stream.on('data', (response: SubmitResponse) => {
      for (const answer of response.answers) {
        const key = Buffer.from(answer.requestId).toString('hex');
        const done = this.#waiting.get(key);
        this.#waiting.delete(key);
        done?.(answer);
      }
    });
    this.#stream.on('error', (error: Error) => {
      this.#failure = error;
      for (const done of this.#waiting.values()) done({ requestId: new Uint8Array(0), answer: { $case: 'failure', value: { code: 14, message: error.message, details: [] } } });
      this.#waiting.clear();
    });
  }

  /** Sends these writes in one message; settles when each has its answer. */
  send(writes: readonly Omit<AdminWrite, 'requestId' | 'timeoutMs'>[]): Promise<readonly AdminAnswer[]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const stamped = writes.map((write): AdminWrite => ({ ...write, requestId: uuidV7(), timeoutMs: 10_000 }));
    const answers = stamped.map(
      (write) =>
        new Promise<AdminAnswer>((resolve) => {
          this.#waiting.set(Buffer.from(write.requestId).toString('hex'), resolve);
        }),
    );
    this.#stream.write({ writes: stamped });
    return Promise.all(answers);
  }

  close(): void {
    this.#stream.on('error', () => undefined);
    this.#stream.cancel();
    this.#client.close();
  }
}

/** Time in the first 48 bits, version and variant, the rest random (RFC 9562). */
export function uuidV7(): Buffer {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes;
}
