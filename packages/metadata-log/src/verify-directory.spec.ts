import { beforeAll, describe, expect, it } from 'vitest';
import { CONTROL_RECORD_TYPE, encodeBatch } from '@quorate/records';
import { CrashWorld, untilPowerCut } from '../test/crash-world.js';
import { format, nextBatch, openNow, seeded } from '../test/log-fixture.js';
import { parseMetaProperties, type MetaProperties } from './meta-properties.js';
import { MemoryFileSystem } from './memory-file-system.js';
import { LOG_DIRECTORY, META_PROPERTIES } from './paths.js';
import { verifyDirectory, type VerifiedDirectory } from './verify-directory.js';

const formatted = new MemoryFileSystem({ random: seeded(0) });
let properties: MetaProperties;

beforeAll(async () => {
  await format(formatted);
  properties = parseMetaProperties(formatted.readFile(META_PROPERTIES)) as MetaProperties;
});

/** The batches of these tests hold no real records; what they mean is not looked at here. */
const damageOf = ({ findings }: VerifiedDirectory): readonly string[] => findings.filter(({ severity, problem }) => severity === 'damage' && !problem.startsWith('record ')).map(({ path, problem }) => `${path}: ${problem}`);

const realFindings = ({ findings }: VerifiedDirectory): number => findings.filter(({ problem }) => !problem.startsWith('record ')).length;

describe('what a crash leaves', () => {
  it('is never called damaged, at whatever call the power failed', () => {
    const story = (world: CrashWorld): void => {
      for (let i = 0; i < 5; i++) world.append({ records: 2, payloadBytes: 300 });
      world.snapshot(3, true);
      world.timers.advance(5);
      world.truncate(4);
      world.vote();
      world.append({ payloadBytes: 500 });
      world.install(40);
      world.append({ payloadBytes: 300 });
      world.timers.advance(70_000);
    };
    const counted = new CrashWorld(formatted, seeded(1), true);
    counted.open();
    const from = counted.calls.length;
    story(counted);
    const calls = counted.calls.length - from;
    let notes = 0;

    expect(calls).toBeGreaterThan(60);
    for (let call = 0; call <= calls; call++) {
      const random = seeded(call);
      const world = new CrashWorld(formatted, random, true);
      world.open();
      world.cutPowerAfter(call);
      untilPowerCut(() => story(world));
      world.crash(random);

      const verified = verifyDirectory(world.fs, properties);
      expect({ call, damage: damageOf(verified) }).toEqual({ call, damage: [] });
      notes += verified.findings.length;
    }
    // Unfinished writes are there, and are said.
    expect(notes).toBeGreaterThan(0);
  });
});

describe('a flipped byte', () => {
  it('is found in every file, wherever it lies', async () => {
    const fs = formatted.crash(seeded(3));
    const opened = openNow(fs);
    if (opened.kind === 'refused') throw new Error(opened.message);
    for (let i = 0; i < 4; i++) {
      opened.store.append(nextBatch(opened.store));
    }
    opened.store.close(() => undefined);
    const whole = verifyDirectory(fs, properties);
    expect(damageOf(whole)).toEqual([]);
    const missed: string[] = [];
    let flips = 0;

    for (const name of fs.list(LOG_DIRECTORY).filter((file) => file !== 'partition.metadata')) {
      const path = `${LOG_DIRECTORY}/${name}`;
      const size = fs.readFile(path).length;
      for (let position = 0; position < size; position += size > 4096 ? 13 : 1) {
        flips += 1;
        fs.corrupt(path, position, 0x10);
        const found = verifyDirectory(fs, properties);
        if (realFindings(found) <= realFindings(whole)) missed.push(`${path} ${position}`);
        fs.corrupt(path, position, 0x10);
      }
    }

    expect(flips).toBeGreaterThan(1500);
    expect(missed).toEqual([]);
  });
});

describe('a record that cannot be decoded', () => {
  it('is named with its offset', () => {
    const fs = formatted.crash(seeded(4));
    const opened = openNow(fs);
    if (opened.kind === 'refused') throw new Error(opened.message);
    opened.store.append(nextBatch(opened.store));
    opened.store.close(() => undefined);

    expect(verifyDirectory(fs, properties).findings).toContainEqual(expect.objectContaining({ severity: 'damage', offset: 0, problem: expect.stringContaining('record 0: ') }));
  });

  it('is damage and no crash in a control batch, which recovery has to read', () => {
    const fs = formatted.crash(seeded(5));
    const opened = openNow(fs);
    if (opened.kind === 'refused') throw new Error(opened.message);
    const { store } = opened;
    store.append(encodeBatch({ baseOffset: 0, epoch: 1, appendTimeMs: 1, isControl: true, previousChecksum: store.endChecksum, records: [{ type: CONTROL_RECORD_TYPE.KRaftVoters, version: 0, payload: Uint8Array.of(0xff) }] }));
    store.close(() => undefined);

    expect(verifyDirectory(fs, properties)).toMatchObject({ kind: 'damaged', findings: [{ offset: 0, problem: expect.stringContaining('KRaftVoters record of 1 bytes cannot be decoded') }] });
    expect(openNow(fs)).toMatchObject({ kind: 'refused', reason: 'unknown-format' });
  });
});
