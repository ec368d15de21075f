import { ZERO_UUID, type Offset } from '@quorate/records';
import { describe, expect, it } from 'vitest';
import { DIRECTORY, FakeTimers, format, FORMAT, nextBatch, open, openNow, VOTER } from '../test/log-fixture.js';
import { MemoryFileSystem } from './memory-file-system.js';
import type { OpenedLog } from './open-log.js';
import { BOOTSTRAP_SNAPSHOT, segmentPath, snapshotPath } from './paths.js';
import type { Refusal } from './refusal.js';
import { BATCHES_POSITION, BLOCK_BYTES } from './segment-header.js';

const FIRST = segmentPath(0);

/**
 * A log of two segments: four batches in a sealed one, three in the active one, of which the marker covers the first two.
 * The process has died; the last batch is readable.
 */
async function twoSegments() {
  const fs = new MemoryFileSystem({ random: () => 0.5 });
  await format(fs);
  const timers = new FakeTimers();
  const { store } = await open(fs, { timers, segmentBytes: BATCHES_POSITION + 500 });
  const positions: { path: string; position: number; sizeBytes: number; baseOffset: Offset }[] = [];
  let position = BATCHES_POSITION;
  const append = () => {
    const batch = nextBatch(store, { payloadBytes: 50, records: 2 });
    const path = positions.length < 3 ? FIRST : segmentPath(6);
    if (positions.length === 3) position = BATCHES_POSITION;
    positions.push({ path, position, sizeBytes: batch.bytes.length, baseOffset: batch.baseOffset });
    position += batch.bytes.length;
    store.append(batch);
  };
  for (let i = 0; i < 5; i++) append();
  timers.advance(5);
  append();
  const dead = fs.killProcess();
  expect(dead.list('__cluster_metadata-0').filter((name) => name.endsWith('.log'))).toHaveLength(2);
  return { fs: dead, positions, active: segmentPath(6) };
}

/** Opens a copy in which one byte is another, and says what came of it. */
function openDamaged(fs: MemoryFileSystem, path: string, position: number): OpenedLog | Refusal {
  const copy = fs.crash(() => 0.999999);
  copy.corrupt(path, position, 0x10);
  return openNow(copy);
}

const expectRefused = (result: OpenedLog | Refusal): Refusal => {
  if (result.kind !== 'refused') throw new Error(`opened, up to ${result.store.endOffset}`);
  return result;
};

const expectOpened = (result: OpenedLog | Refusal): OpenedLog => {
  if (result.kind === 'refused') throw new Error(result.message);
  return result;
};

describe('one rotten byte', () => {
  it('anywhere in a batch before the marker is refused, with file, position, offset and the way out', async () => {
    const { fs, positions } = await twoSegments();

    for (const { path, position, sizeBytes, baseOffset } of positions.slice(0, 5)) {
      for (let byte = 0; byte < sizeBytes; byte++) {
        const refused = expectRefused(openDamaged(fs, path, position + byte));
        expect(refused).toMatchObject({ reason: 'damaged', path, position, offset: baseOffset });
        expect(refused.message).toMatch(/the only voter, so that no other can give it back/);
      }
    }
  });

  it('anywhere in a batch beyond the marker costs that batch, and the report says so', async () => {
    const { fs, positions, active } = await twoSegments();
    const last = positions[5]!;

    for (let byte = 0; byte < last.sizeBytes; byte++) {
      const { store, recovered } = expectOpened(openDamaged(fs, active, last.position + byte));
      expect(store.endOffset).toBe(last.baseOffset);
      expect(recovered.report.dropped).toMatchObject({ path: active, offset: last.baseOffset, bytes: last.sizeBytes });
    }
  });

  it('in a segment header is refused, whichever of its 4096 bytes it is', async () => {
    const { fs, active } = await twoSegments();

    for (const path of [FIRST, active]) {
      for (let byte = 0; byte < BLOCK_BYTES; byte += byte < 100 ? 1 : 97) {
        expect(expectRefused(openDamaged(fs, path, byte)).reason).toBe('damaged');
      }
    }
  });

  it('in a marker slot leaves the other one in force, and a note', async () => {
    const { fs, active } = await twoSegments();

    for (let byte = BLOCK_BYTES; byte < BATCHES_POSITION; byte += byte % BLOCK_BYTES < 64 ? 1 : 97) {
      const { store, recovered } = expectOpened(openDamaged(fs, active, byte));
      expect(store.endOffset).toBe(12);
      expect(recovered.report.notes).toHaveLength(1);
    }
  });

  it('in the marker is refused when the log is also torn, since nobody knows what was durable', async () => {
    const { fs, positions, active } = await twoSegments();

    for (const slot of [0, 1]) {
      const copy = fs.crash(() => 0.999999);
      copy.corrupt(active, positions[5]!.position + 60);
      copy.corrupt(active, BLOCK_BYTES * (1 + slot) + 20);
      expect(expectRefused(openNow(copy))).toMatchObject({ reason: 'damaged' });
    }
  });

  it('in what a recovery has proved is refused by the next one', async () => {
    const { fs, positions, active } = await twoSegments();
    const copy = fs.crash(() => 0.999999);
    expectOpened(openNow(copy));

    copy.corrupt(active, positions[5]!.position + 60);

    expect(expectRefused(openNow(copy.killProcess()))).toMatchObject({ reason: 'damaged', path: active, offset: positions[5]!.baseOffset });
  });

  it('in one file of quorum-state is mended from the other; in both, the replica may not go on', async () => {
    const { fs } = await twoSegments();
    const files = ['__cluster_metadata-0/quorum-state', '__cluster_metadata-0/quorum-state.copy'];

    for (let byte = 0; byte < 512; byte++) {
      const copy = fs.crash(() => 0.999999);
      copy.corrupt(files[byte % 2]!, byte, 0x10);
      expect(expectOpened(openNow(copy)).recovered.report.notes).toHaveLength(1);
      expect(copy.readFile(files[0]!)).toEqual(copy.readFile(files[1]!));
    }
    const copy = fs.crash(() => 0.999999);
    for (const file of files) copy.corrupt(file, 17, 0x10);
    expect(expectRefused(openNow(copy))).toMatchObject({ reason: 'election-state-lost' });
  });

  it('in the bootstrap checkpoint is refused', async () => {
    const { fs } = await twoSegments();
    const path = snapshotPath(BOOTSTRAP_SNAPSHOT);
    const size = fs.readFile(path).length;

    for (let byte = 0; byte < size; byte++) expect(expectRefused(openDamaged(fs, path, byte))).toMatchObject({ reason: 'damaged', path });
  });

  it('in leader-epoch-checkpoint changes nothing: the file is written anew from the batches', async () => {
    const { fs } = await twoSegments();
    const path = '__cluster_metadata-0/leader-epoch-checkpoint';
    const before = fs.readFile(path);
    fs.corrupt(path, 4);
    expect(fs.readFile(path)).not.toEqual(before);

    const { recovered } = expectOpened(openNow(fs));

    expect(recovered.log.epochs).toEqual([{ epoch: 1, startOffset: 0 }]);
    expect(fs.readFile(path)).toEqual(before);
  });
});

describe('a file that is missing or does not belong', () => {
  it.each([
    ['the first segment', FIRST],
    ['the last segment, which the sealed one before it names', segmentPath(6)],
    ['the bootstrap checkpoint', snapshotPath(BOOTSTRAP_SNAPSHOT)],
  ])('%s is missed', async (_, path) => {
    const { fs } = await twoSegments();
    fs.unlink(path);

    expect(expectRefused(openNow(fs)).reason).toBe('damaged');
  });

  it('a log of another cluster, of another directory, of another node is refused', async () => {
    const { fs } = await twoSegments();
    const bytes = fs.readFile(FIRST);
    const elsewhere = async (changes: Partial<typeof FORMAT>) => {
      const other = new MemoryFileSystem({ random: () => 0.5 });
      await format(other, { ...FORMAT, ...changes });
      return other;
    };
    const put = (to: MemoryFileSystem) => {
      to.open(FIRST, { create: true }).writeSync(bytes, 0);
      return to;
    };
    const directoryId = VOTER.directoryId.replace(/^./, 'B') as typeof DIRECTORY;

    expect(expectRefused(openNow(put(await elsewhere({ clusterId: 'another' })))).reason).toBe('other-cluster');
    expect(expectRefused(openNow(put(await elsewhere({ directoryId, initialVoters: undefined })))).reason).toBe('other-directory');
    expect(expectRefused(openNow(fs, { nodeId: 2 as never })).reason).toBe('other-node');
    expect(expectRefused(openNow(fs, { clusterId: 'another' })).reason).toBe('other-cluster');
  });

  it('directories that are empty, half-formatted, foreign, or a broker’s are told apart', async () => {
    const empty = new MemoryFileSystem({ random: () => 0.5 });
    expect(expectRefused(openNow(empty)).reason).toBe('not-formatted');

    const half = new MemoryFileSystem({ random: () => 0.5 });
    await format(half);
    half.unlink('meta.properties');
    expect(expectRefused(openNow(half)).reason).toBe('half-formatted');

    const foreign = new MemoryFileSystem({ random: () => 0.5 });
    foreign.open('photo.jpg', { create: true });
    expect(expectRefused(openNow(foreign)).reason).toBe('not-formatted');
    expect(await format(foreign)).toMatchObject({ kind: 'refused', reason: 'not-empty' });

    const broker = new MemoryFileSystem({ random: () => 0.5 });
    await format(broker, { ...FORMAT, isController: false, initialVoters: undefined });
    expect(expectRefused(openNow(broker)).reason).toBe('damaged');

    const { fs } = await twoSegments();
    expect(await format(fs)).toMatchObject({ kind: 'refused', reason: 'already-formatted' });
    fs.unlink('meta.properties');
    expect(await format(fs)).toMatchObject({ kind: 'refused', reason: 'not-empty' });
    expect(expectRefused(openNow(fs)).reason).toBe('damaged');
  });

  it.each([
    ['an empty cluster id', { clusterId: '' }],
    ['a cluster id of 401 bytes', { clusterId: 'x'.repeat(401) }],
    ['a reserved directory id', { directoryId: ZERO_UUID, initialVoters: undefined }],
    ['a voter list that gives this node another directory id', { initialVoters: [{ ...VOTER, directoryId: DIRECTORY.replace(/^./, 'B') as typeof DIRECTORY }] }],
    ['a voter list with one id twice', { initialVoters: [VOTER, VOTER] }],
    ['voters for a broker', { isController: false }],
  ])('formatting with %s is refused', async (_, changes) => {
    expect(await format(new MemoryFileSystem({ random: () => 0.5 }), { ...FORMAT, ...changes })).toMatchObject({ kind: 'refused', reason: 'bad-request' });
  });

  it('a cluster id may be any string', async () => {
    for (const clusterId of ['kafka-cluster-001', 'a b=c:d#e!', ' leading', 'x\\y\n', 'Größe', 'x'.repeat(400)]) {
      const fs = new MemoryFileSystem({ random: () => 0.5 });
      await format(fs, { ...FORMAT, clusterId });
      expect(expectOpened(openNow(fs)).recovered.properties.clusterId).toBe(clusterId);
    }
  });
});


describe('what an interrupted write left', () => {
  it('is removed by the next start', async () => {
    const { fs } = await twoSegments();
    const before = fs.list('__cluster_metadata-0');
    for (const name of ['00000000000000000120-0000000004.checkpoint.part', 'leader-epoch-checkpoint.tmp', '00000000000000000007-0000000001.checkpoint.deleted']) {
      fs.open(`__cluster_metadata-0/${name}`, { create: true });
    }

    expectOpened(openNow(fs));

    expect(fs.list('__cluster_metadata-0')).toEqual(before);
  });
});
