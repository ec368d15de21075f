import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CONTROL_RECORD_TYPE, CONTROL_RECORD_VERSIONS, RECORD_TYPE, RECORD_VERSIONS, controlRecordKindOf, recordKindOf } from './record-kinds.js';

const PROTOS = new URL('../../../proto/quorate/records/v1/', import.meta.url);

/** "Type id 17, versions 0-3." or "Control type 2, version 0." above each record's message. */
function documented(word: string, ending: string): string[] {
  const heads = readdirSync(PROTOS)
    .filter((file) => file.endsWith('.proto'))
    .flatMap((file) => [...readFileSync(new URL(file, PROTOS), 'utf8').matchAll(new RegExp(`${word} (\\d+), versions? (?:0-)?(\\d+)[^{]*?message (\\w+)${ending} \\{`, 'gs'))]);
  return heads.map(([, type, latest, kind]) => `${kind} ${type} v${latest}`).sort();
}

const listed = (types: Record<string, number>, versions: Record<string, number>): string[] => Object.entries(types).map(([kind, type]) => `${kind} ${type} v${versions[kind]}`).sort();

describe('the list of record kinds', () => {
  it('has the type ids and versions that the protos document', () => {
    expect(listed(RECORD_TYPE, RECORD_VERSIONS)).toEqual(documented('Type id', 'Record'));
    expect(listed(CONTROL_RECORD_TYPE, CONTROL_RECORD_VERSIONS)).toEqual(documented('Control type', 'ControlRecord'));
  });

  it('finds a kind by its type id', () => {
    for (const [kind, type] of Object.entries(RECORD_TYPE)) expect(recordKindOf(type)).toBe(kind);
    for (const [kind, type] of Object.entries(CONTROL_RECORD_TYPE)) expect(controlRecordKindOf(type)).toBe(kind);
    expect(recordKindOf(6)).toBeUndefined();
    expect(controlRecordKindOf(0)).toBeUndefined();
  });
});
