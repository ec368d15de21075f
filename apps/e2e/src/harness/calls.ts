import type { ServiceError } from '@grpc/grpc-js';

/** One unary call as a promise; a gRPC error is thrown as it is. */
export function call<T>(start: (done: (error: ServiceError | null, answer: T) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, answer) => (error === null ? resolve(answer) : reject(error)));
  });
}

/** Call options with a deadline so far from now; typed to fit every generated stub's overloads. */
export function deadline(afterMs: number): never {
  return { deadline: Date.now() + afterMs } as never;
}
