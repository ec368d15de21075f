import { parseUuid, type NodeId, type Offset, type Uuid } from '@quorate/records';
import { invalidRequest, type FieldViolation } from './rpc-failure.js';

/** Collects what is wrong with a request, so that the caller learns of all of it at once. */
export class FieldChecks {
  readonly #violations: FieldViolation[] = [];

  refuse(field: string, description: string): void {
    this.#violations.push({ field, description });
  }

  /** Ends the check: throws INVALID_ARGUMENT with every field that was refused. */
  done(): void {
    if (this.#violations.length > 0) throw invalidRequest(this.#violations);
  }

  nodeId(field: string, value: number): NodeId {
    if (value < 0) this.refuse(field, `must be a node id of 0 or more, got ${value}`);
    return value as NodeId;
  }

  nodeIds(field: string, values: readonly number[]): readonly NodeId[] {
    return values.map((value, index) => this.nodeId(`${field}[${index}]`, value));
  }

  offset(field: string, value: number): Offset {
    if (value < 0) this.refuse(field, `must be an offset of 0 or more, got ${value}`);
    return value as Offset;
  }

  uuidText(field: string, text: string): Uuid {
    const uuid = parseUuid(text);
    if (uuid === undefined) this.refuse(field, `must be a UUID of 22 characters of base64url, got ${JSON.stringify(text)}`);
    return uuid ?? ('' as Uuid);
  }

  notEmpty(field: string, list: readonly unknown[]): void {
    if (list.length === 0) this.refuse(field, 'must name at least one');
  }

  atMost(field: string, list: readonly unknown[], limit: number): void {
    if (list.length > limit) this.refuse(field, `must have at most ${limit} items, got ${list.length}`);
  }
}
