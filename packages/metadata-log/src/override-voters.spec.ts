import { beforeAll, describe, expect, it } from 'vitest';
import { nodeId, uuidFromBytes, ZERO_UUID } from '@quorate/records';
import { CrashWorld, PowerCut, untilPowerCut } from '../test/crash-world.js';
import { FakeTimers, format, FORMAT, openNow, seeded, VOTER } from '../test/log-fixture.js';
import { MemoryFileSystem } from './memory-file-system.js';
import { overrideVoters, type Overridden } from './override-voters.js';
import type { Refusal } from './refusal.js';

const other = (id: number) => ({ ...VOTER, id: nodeId(id), directoryId: uuidFromBytes(new Uint8Array(16).fill(id)) });
const RECOVERY_ID = uuidFromBytes(Uint8Array.from({ length: 16 }, (_, i) => 0x11 * (i % 15)));
const formatted = new MemoryFileSystem({ random: seeded(0) });

beforeAll(async () => void (await format(formatted, { ...FORMAT, initialVoters: [VOTER, other(2), other(3)] })));

function override(fs: MemoryFileSystem, change: Partial<Parameters<typeof overrideVoters>[1]> = {}): Overridden | Refusal | undefined {
  let result: Overridden | Refusal | undefined;
  const open = { nodeId: nodeId(1), timers: new FakeTimers(), segmentBytes: 1 << 30, cacheBytes: 0 };
  overrideVoters(fs, { open, voters: [VOTER], recoveryId: RECOVERY_ID, appendTimeMs: 1_700_000_000_000, ...change }, (ended) => (result = ended));
  return result;
}

/** A log with batches of epochs 1 and 2, and a vote in epoch 9. */
function survivor(random: () => number): CrashWorld {
  const world = new CrashWorld(formatted, random, true);
  world.open();
  world.append({ records: 3 });
  world.append({ epoch: 2 });
  for (let epoch = 1; epoch <= 9; epoch++) world.vote();
  world.timers.advance(5);
  return world;
}

function stateOf(fs: MemoryFileSystem) {
  const opened = openNow(fs);
  if (opened.kind === 'refused') throw new Error(opened.message);
  const { recovered } = opened;
  opened.store.close(() => undefined);
  return { recoveryId: recovered.properties.recoveryId, voters: recovered.voterSets.at(-1)!.voters.map(({ id }) => id), epoch: recovered.electionState?.epoch, endOffset: recovered.log.endOffset, epochs: recovered.log.epochs };
}

describe('an override of the voters', () => {
  it('leaves all that the log held, the new voters behind it, and an epoch above all that was seen', () => {
    const fs = survivor(seeded(1)).fs.killProcess();

    expect(override(fs)).toMatchObject({ kind: 'overridden', offset: 4, epoch: 1009 });
    expect(stateOf(fs)).toEqual({ recoveryId: RECOVERY_ID, voters: [1], epoch: 1009, endOffset: 7, epochs: [{ epoch: 1, startOffset: 0 }, { epoch: 2, startOffset: 3 }, { epoch: 1009, startOffset: 4 }] });
  });

  it('at every call where the power fails leaves the old history, nobody\'s, or the new one: never new voters in the old history', () => {
    const calls: string[] = [];
    const kinds = new Map<string, number>();
    const cutAt = { call: Infinity };
    const onCall = ({ operation, path }: { readonly operation: string; readonly path: string }): undefined => {
      calls.push(`${operation} ${path}`);
      if (calls.length > cutAt.call) throw new PowerCut();
      return undefined;
    };
    override(survivor(seeded(2)).fs.killProcess({ random: seeded(2), onCall }));
    const count = calls.length;
    expect(count).toBeGreaterThan(20);

    for (let call = 0; call <= count; call++) {
      for (let outcome = 0; outcome < 4; outcome++) {
        const random = seeded(100 * call + outcome);
        const fs = survivor(random).fs.killProcess({ random, onCall });
        calls.length = 0;
        cutAt.call = call;
        untilPowerCut(() => void override(fs));
        cutAt.call = Infinity;

        const state = stateOf(fs.crash(random, { random }));
        const kind = `${state.recoveryId === ZERO_UUID ? 'old' : 'new'} history, ${state.voters.length} voters`;
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      }
    }

    expect([...kinds.keys()].sort()).toEqual(['new history, 1 voters', 'new history, 3 voters', 'old history, 3 voters']);
  });

  it.each([
    ['voters without this node', { voters: [other(2)] }, /do not name this node/],
    ['this node under another directory id', { voters: [{ ...VOTER, directoryId: other(7).directoryId }] }, /this directory is/],
    ['the recovery id that it has', { recoveryId: ZERO_UUID }, /must be a new one/],
  ])('is refused with %s, and changes nothing', (_, change, message) => {
    const fs = survivor(seeded(1)).fs.killProcess();

    expect(override(fs, change)).toMatchObject({ kind: 'refused', reason: 'bad-request', message: expect.stringMatching(message) });
    expect(stateOf(fs)).toMatchObject({ recoveryId: ZERO_UUID, voters: [1, 2, 3], endOffset: 4 });
  });
});
