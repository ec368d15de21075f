import { describe, expect, it } from 'vitest';
import { PowerCut, untilPowerCut } from '../test/crash-world.js';
import { copyOf, expectOpened, expectRefused, oneOfThree, OTHER_DIRECTORY, SEGMENT_BYTES, THREE_VOTERS } from '../test/damage-fixture.js';
import { FakeTimers, nextBatch, openNow, readAll, seeded, VOTER } from '../test/log-fixture.js';
import type { MemoryFileSystem } from './memory-file-system.js';
import { BOOTSTRAP_SNAPSHOT, LOG_DIRECTORY, QUORUM_STATE_FILES, RECOVERING_NOTE, segmentPath, snapshotPath } from './paths.js';
import { BATCHES_POSITION, BLOCK_BYTES } from './segment-header.js';

const start = (fs: MemoryFileSystem) => openNow(fs, { segmentBytes: SEGMENT_BYTES, newDirectoryId: () => OTHER_DIRECTORY });
const aside = (fs: MemoryFileSystem) => fs.list(LOG_DIRECTORY).filter((name) => name.endsWith('.damaged'));
const SECOND = segmentPath(6);

describe('damage before the marker, where others can repair it', () => {
  it('is cut off, kept aside and noted down: the node opens as recovering', async () => {
    const { fs, batches } = await oneOfThree();
    const before = fs.readFile(SECOND);
    const damagedAt = BATCHES_POSITION + batches[3]!.bytes.length + 50;
    fs.corrupt(SECOND, damagedAt);

    const { store, recovered } = expectOpened(start(fs));

    expect(recovered.log).toMatchObject({ startOffset: 0, endOffset: 8, recovering: expect.anything() as unknown });
    expect(recovered.report.damage).toMatchObject({ soundUpTo: 8, epoch: 0, endOffset: 18 });
    expect(recovered.report.notes[0]).toMatch(/^RECOVERING: Damage in what was flushed: .*000006.log at byte/);
    expect((await readAll(store)).map((batch) => batch.checksum)).toEqual(batches.slice(0, 4).map((batch) => batch.checksum));
    const [tail, third] = aside(fs);
    expect([tail, third]).toEqual([`00000000000000000006.log.1-${BATCHES_POSITION + batches[3]!.bytes.length}.damaged`, '00000000000000000012.log.1-0.damaged']);
    const kept = fs.readFile(`${LOG_DIRECTORY}/${tail!}`);
    expect(kept.length).toBe(before.length - BATCHES_POSITION - batches[3]!.bytes.length);
  });

  it('stays so over restarts, while it fetches, until it is told that it is repaired', async () => {
    const { fs, batches } = await oneOfThree();
    fs.corrupt(SECOND, BATCHES_POSITION + 50);
    const first = expectOpened(start(fs));
    expect(first.store.endOffset).toBe(6);
    first.store.append(batches[3]!);
    const again = expectOpened(start(fs.killProcess()));
    expect(again.recovered.log).toMatchObject({ endOffset: 8, recovering: expect.anything() as unknown });
    expect(again.recovered.report.damage).toMatchObject({ soundUpTo: 6, endOffset: 18 });
    for (const batch of batches.slice(4)) again.store.append(batch);
    again.store.recovered();

    const after = expectOpened(start(fs.killProcess()));

    expect(after.recovered.log).toMatchObject({ endOffset: 18, recovering: undefined });
    expect(fs.killProcess().exists(RECOVERING_NOTE)).toBe(false);
    expect(aside(fs.killProcess())).toHaveLength(2);
  });

  it('goes on behind the newest snapshot when the damage lies before it and nothing behind it can be joined', async () => {
    const { fs } = await oneOfThree({ snapshotsAt: [8] });
    fs.corrupt(SECOND, BATCHES_POSITION + 50);

    const { store, recovered, snapshots } = expectOpened(start(fs));

    expect(recovered.log).toMatchObject({ startOffset: 8, endOffset: 8, latestSnapshot: { endOffset: 8 }, recovering: expect.anything() as unknown });
    expect(snapshots.list()).toHaveLength(1);
    store.append(nextBatch(store));
    expect(expectOpened(start(fs.killProcess())).recovered.log).toMatchObject({ startOffset: 8, endOffset: 9, recovering: expect.anything() as unknown });
    expect(aside(fs.killProcess())).toHaveLength(3);
  });

  it('leaves nothing when the snapshot that the log stands on is damaged', async () => {
    const { fs } = await oneOfThree({ snapshotsAt: [8], cleanTo: 8 });
    fs.corrupt(snapshotPath({ endOffset: 8 as never, epoch: 1 as never }), 70);

    const { recovered } = expectOpened(start(fs));

    expect(recovered.log).toMatchObject({ startOffset: 0, endOffset: 0, latestSnapshot: undefined, recovering: expect.anything() as unknown });
    expect(recovered.voterSets).toEqual([{ offset: undefined, voters: THREE_VOTERS }]);
    expect(expectOpened(start(fs.killProcess())).recovered.log).toMatchObject({ startOffset: 0, endOffset: 0, recovering: expect.anything() as unknown });
  });

  it.each([
    ['the first header', (fs: MemoryFileSystem) => fs.corrupt(segmentPath(0), 20), 0],
    ['a later header', (fs: MemoryFileSystem) => fs.corrupt(SECOND, 20), 6],
    ['a segment that is gone', (fs: MemoryFileSystem) => fs.unlink(segmentPath(12)), 12],
    ['every marker', (fs: MemoryFileSystem) => [0, 6, 12].forEach((base) => [0, 1].forEach((slot) => fs.corrupt(segmentPath(base), BLOCK_BYTES * (1 + slot) + 8))), 18],
    ['a marker and the end of the log', (fs: MemoryFileSystem) => (fs.corrupt(segmentPath(12), BLOCK_BYTES + 8), fs.corrupt(segmentPath(12), fs.readFile(segmentPath(12)).length - 1)), 16],
  ])('in %s is found, and the node does not count', async (_, damage, endOffset) => {
    const { fs } = await oneOfThree();
    damage(fs);

    expect(expectOpened(start(fs)).recovered.log).toMatchObject({ endOffset, recovering: expect.anything() as unknown });
    expect(expectOpened(start(fs.killProcess())).recovered.log).toMatchObject({ endOffset, recovering: expect.anything() as unknown });
  });

  it('is not believed away by a note that has itself gone bad', async () => {
    const { fs } = await oneOfThree();
    fs.corrupt(SECOND, BATCHES_POSITION + 50);
    start(fs);
    const size = fs.readFile(RECOVERING_NOTE).length;

    for (let byte = 0; byte < size; byte++) {
      const copy = copyOf(fs);
      copy.corrupt(RECOVERING_NOTE, byte);
      expect(expectOpened(start(copy)).recovered.log.recovering).toBeDefined();
    }
  });

  it('survives a power cut at every call, and is never forgotten', async () => {
    let cases = 0;
    for (const snapshotsAt of [[], [8]]) {
      const { fs } = await oneOfThree({ snapshotsAt });
      fs.corrupt(SECOND, BATCHES_POSITION + 50);
      for (let cut = 0, finished = false; !finished; cut++) {
        for (let outcome = 0; outcome < 8; outcome++) {
          const random = seeded(cut * 100 + outcome);
          let left = cut;
          const disk = copyOf(fs).crash(() => 0.999999, {
            random,
            onCall: () => {
              if (left-- === 0) throw new PowerCut();
              return undefined;
            },
          });
          finished = !untilPowerCut(() => start(disk));
          const after = disk.crash(random, { random });

          const { recovered } = expectOpened(start(after));

          expect(recovered.log, `cut ${cut}, outcome ${outcome}`).toMatchObject({ endOffset: snapshotsAt[0] ?? 6, recovering: expect.anything() as unknown });
          expect(aside(after).length).toBeGreaterThan(0);
          cases++;
        }
      }
    }
    expect(cases).toBeGreaterThan(300);
    console.log(`recovering note and cut: ${cases} power cuts, 0 violations`);
  });
});

describe('damage that is found while the log is in use', () => {
  async function inUse() {
    const { fs, batches } = await oneOfThree();
    const timers = new FakeTimers();
    const { store } = expectOpened(openNow(fs, { timers, segmentBytes: SEGMENT_BYTES }));
    const verified: (number | undefined)[] = [];
    const verify = (upTo: number) => {
      store.verify(upTo as never, (damagedAt) => verified.push(damagedAt));
      while (verified.length === 0) timers.advance(0);
      return verified.splice(0)[0];
    };
    return { fs, batches, store, verify };
  }

  it('is located by reading everything from the disk', async () => {
    const { fs, batches, store, verify } = await inUse();
    expect(verify(18)).toBeUndefined();

    for (const byte of [0, 7, 40, 100]) {
      fs.corrupt(SECOND, BATCHES_POSITION + batches[3]!.bytes.length + byte);
      expect(verify(18)).toBe(8);
      expect(verify(8)).toBeUndefined();
      fs.corrupt(SECOND, BATCHES_POSITION + batches[3]!.bytes.length + byte);
    }
    expect(store.endOffset).toBe(18);
  });

  it('is noted down before the log is cut, and every later start knows of it', async () => {
    const { fs, batches, store } = await inUse();
    let done = false;

    store.recoverFrom(8 as never, { epoch: 5, endOffset: 18 }, 1, () => (done = true));

    expect(done).toBe(true);
    expect(store).toMatchObject({ endOffset: 8, generation: 1 });
    expect(aside(fs)).toHaveLength(2);
    store.append(batches[4]!);
    expect(expectOpened(start(fs.killProcess())).recovered).toMatchObject({ log: { endOffset: 10, recovering: expect.anything() as unknown }, report: { damage: { soundUpTo: 8, epoch: 5, endOffset: 18 } } });
  });

  it('survives a power cut at every call: cut or not, but never cut and forgotten', async () => {
    const { fs } = await oneOfThree();
    let cases = 0;
    for (let cut = 0, finished = false; !finished; cut++) {
      for (let outcome = 0; outcome < 8; outcome++) {
        const random = seeded(cut * 100 + outcome);
        let left = Infinity;
        const disk = copyOf(fs).crash(() => 0.999999, {
          random,
          onCall: () => {
            if (left-- === 0) throw new PowerCut();
            return undefined;
          },
        });
        const { store } = expectOpened(start(disk));
        left = cut;
        finished = !untilPowerCut(() => store.recoverFrom(8 as never, { epoch: 5, endOffset: 18 }, 1, () => {}));
        const { recovered } = expectOpened(start(disk.crash(random, { random })));
        if (recovered.log.endOffset < 18) expect(recovered.log.recovering).toBeDefined();
        else expect(recovered.log.endOffset).toBe(18);
        cases++;
      }
    }
    console.log(`damage found in use: ${cases} power cuts, 0 violations`);
  });
});

describe('both files of quorum-state are bad', () => {
  it('makes the replica a new one, which never votes under the old key', async () => {
    const { fs } = await oneOfThree();
    for (const path of QUORUM_STATE_FILES) fs.corrupt(path, 20);

    const { recovered, store } = expectOpened(start(fs));

    expect(recovered).toMatchObject({ directoryId: OTHER_DIRECTORY, directoryIdChange: { from: VOTER.directoryId, to: OTHER_DIRECTORY }, electionState: undefined });
    expect(recovered.report.notes[0]).toMatch(/has given up directory id .* for good and is a new replica/);
    store.append(nextBatch(store));
    const again = expectOpened(openNow(fs.killProcess()));
    expect(again.recovered).toMatchObject({ directoryId: OTHER_DIRECTORY, directoryIdChange: undefined, log: { endOffset: 19 } });
    expect(again.recovered.voterSets.at(-1)!.voters.map(({ directoryId }) => directoryId)).not.toContain(OTHER_DIRECTORY);
  });

  it('is refused where nobody makes a new id, and by the only voter', async () => {
    const { fs } = await oneOfThree();
    for (const path of QUORUM_STATE_FILES) fs.corrupt(path, 20);

    expect(expectRefused(openNow(copyOf(fs)))).toMatchObject({ reason: 'election-state-lost' });
  });

  it('survives a power cut at every call', async () => {
    const { fs } = await oneOfThree();
    for (const path of QUORUM_STATE_FILES) fs.corrupt(path, 20);
    let cases = 0;
    for (let cut = 0, finished = false; !finished; cut++) {
      for (let outcome = 0; outcome < 8; outcome++) {
        const random = seeded(cut * 100 + outcome);
        let left = cut;
        const disk = copyOf(fs).crash(() => 0.999999, {
          random,
          onCall: () => {
            if (left-- === 0) throw new PowerCut();
            return undefined;
          },
        });
        finished = !untilPowerCut(() => start(disk));
        const { recovered } = expectOpened(start(disk.crash(random, { random })));
        expect(recovered).toMatchObject({ directoryId: OTHER_DIRECTORY, electionState: undefined, log: { endOffset: 18, recovering: undefined } });
        cases++;
      }
    }
    console.log(`new directory id: ${cases} power cuts, 0 violations`);
  });
});

describe('a damaged bootstrap checkpoint', () => {
  it('is done without once the log has voters and metadata of its own', async () => {
    const { fs } = await oneOfThree();
    fs.corrupt(snapshotPath(BOOTSTRAP_SNAPSHOT), 20);

    const { recovered } = expectOpened(start(fs));

    expect(recovered.bootstrap.batches).toEqual([]);
    expect(recovered.voterSets).toEqual([{ offset: 1, voters: THREE_VOTERS }]);
    expect(recovered.kraftVersion).toBe(1);
    expect(recovered.report.notes.join()).toContain('bootstrap checkpoint');
  });
});
