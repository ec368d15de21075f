import { readFileSync } from 'node:fs';
import type { Server } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';

/**
 * Server reflection, v1 and v1alpha, from the descriptors as buf made them. Fed from proto-loader, the reflection library
 * lists services but cannot resolve them (it makes files anew and drops their dependencies); fed with the untouched bytes
 * of each file it can, and `grpcurl` needs no proto files.
 *
 * @param services - full names of the services that this server serves: what is listed. Every type can be described.
 */
export function addReflection(server: Server, services: readonly string[]): void {
  const fileDescriptorProtos = splitDescriptorSet(readFileSync(new URL('../../descriptors/quorate.binpb', import.meta.url)));
  // The library takes a loaded package; all it reads of that is this field of each entry.
  const packageDefinition = { all: { fileDescriptorProtos } };
  new ReflectionService(packageDefinition as unknown as ConstructorParameters<typeof ReflectionService>[0], { services: [...services] }).addToServer(server);
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
