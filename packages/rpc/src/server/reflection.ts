import { readFileSync } from 'node:fs';
import type { Server, ServerDuplexStream, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';

const SERVICES = ['grpc.reflection.v1.ServerReflection', 'grpc.reflection.v1alpha.ServerReflection'];
const METHOD = 'ServerReflectionInfo';

/** What the library would add to a server, by the method's path. */
type Served = ReadonlyMap<string, { readonly method: ServiceDefinition[string]; readonly handle: (stream: unknown) => void }>;

/**
 * Server reflection, v1 and v1alpha, from the descriptors as buf made them. Fed from proto-loader, the reflection library
 * lists services but cannot resolve them (it makes files anew and drops their dependencies); fed with the untouched bytes
 * of each file it can, and `grpcurl` needs no proto files.
 *
 * The library is given the descriptors when somebody asks for the first time: indexing them took a tenth of a process's
 * start, and most processes are never asked.
 *
 * @param services - full names of the services that this server serves: what is listed. Every type can be described.
 */
export function addReflection(server: Server, services: readonly string[]): void {
  let served: Served | undefined;
  for (const name of SERVICES) {
    const path = `/${name}/${METHOD}`;
    const method = { path, requestStream: true, responseStream: true, requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs };
    server.addService({ [METHOD]: method }, { [METHOD]: (raw: ServerDuplexStream<Buffer, Buffer>) => serve(raw, (served ??= indexed(services)), path) });
  }
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}

function indexed(services: readonly string[]): Served {
  const fileDescriptorProtos = splitDescriptorSet(readFileSync(new URL('../../descriptors/quorate.binpb', import.meta.url)));
  const served = new Map<string, { method: ServiceDefinition[string]; handle: (stream: unknown) => void }>();
  const collect = {
    addService: (definition: ServiceDefinition, implementation: UntypedServiceImplementation) => {
      for (const [name, method] of Object.entries(definition)) served.set(method.path, { method, handle: implementation[name] as unknown as (stream: unknown) => void });
    },
  };
  // The library takes a loaded package; all it reads of that is this field of each entry.
  const packageDefinition = { all: { fileDescriptorProtos } };
  new ReflectionService(packageDefinition as unknown as ConstructorParameters<typeof ReflectionService>[0], { services: [...services] }).addToServer(collect as unknown as Server);
  return served;
}

/** The library's handler on a stream of bytes. */
function serve(raw: ServerDuplexStream<Buffer, Buffer>, served: Served, path: string): void {
  const { method, handle } = served.get(path)!;
  handle({
    on: (event: string, listener: (message?: unknown) => void) =>
      event === 'data' ? raw.on('data', (bytes: Buffer) => listener(method.requestDeserialize(bytes))) : raw.on(event, listener),
    write: (message: never) => raw.write(method.responseSerialize(message)),
    end: () => raw.end(),
  });
}

/** The files of a `google.protobuf.FileDescriptorSet`: field 1, repeated, each length-delimited. */
export function splitDescriptorSet(bytes: Buffer): Buffer[] {
  const files: Buffer[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes[at] !== 0x0a) throw new Error(`the descriptor set is damaged at byte ${at}`);
    const { value: length, nextAt } = readVarint(bytes, at + 1);
    if (nextAt + length > bytes.length) throw new Error(`the descriptor set is damaged: it ends inside the file at byte ${at}`);
    files.push(bytes.subarray(nextAt, nextAt + length));
    at = nextAt + length;
  }
  return files;
}

function readVarint(bytes: Buffer, at: number): { value: number; nextAt: number } {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[at++] ?? 0;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, nextAt: at };
  }
  throw new Error('a length in the descriptor set is damaged');
}
