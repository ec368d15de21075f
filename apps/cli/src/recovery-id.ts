import { parseUuid, uuidFromBytes, ZERO_UUID, type Uuid } from '@quorate/records';
import { CommandError } from './command.js';

/** A UUIDv7: of two histories of a cluster the one with the later id is the one that an operator chose last. */
export function makeRecoveryId(randomBytes: (size: number) => Uint8Array, nowMs: number): Uuid {
  const bytes = Uint8Array.from(randomBytes(16));
  for (let at = 5, rest = nowMs; at >= 0; at--, rest = Math.floor(rest / 256)) bytes[at] = rest % 256;
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return uuidFromBytes(bytes);
}

/** What stands behind `--recovery-id`. */
export function readRecoveryId(text: string | undefined): Uuid | undefined {
  if (text === undefined) return undefined;
  const uuid = parseUuid(text);
  if (uuid === undefined || uuid === ZERO_UUID) throw new CommandError(`--recovery-id ${text}: write the one that \`quorate quorum override-voters\` printed (recovery.id in meta.properties of the nodes that run)`);
  return uuid;
}
