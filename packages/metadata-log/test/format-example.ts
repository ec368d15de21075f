import { encodeBatch, encodeRecord, parseUuid, uuidToBytes, type EncodedBatch } from '@quorate/records';
import { MemoryFileSystem } from '../src/memory-file-system.js';
import { BATCHES_POSITION } from '../src/segment-header.js';
import { FakeTimers, format, FORMAT, open, VOTER } from './log-fixture.js';

/** The worked example of FORMAT.md: every file of a small log, byte for byte. */
export async function formatExample(): Promise<string> {
  const fs = new MemoryFileSystem({ random: () => 0.5 });
  await format(fs, { ...FORMAT, clusterId: 'example' });
  const timers = new FakeTimers();
  const { store, elections } = await open(fs, { timers });
  const batch = exampleBatch(store.endChecksum);
  store.append(batch);
  timers.advance(5);
  elections.persist({ epoch: 3 as never, leaderId: undefined, votedKey: { id: VOTER.id, directoryId: VOTER.directoryId } }, () => {});

  const segment = fs.readFile('__cluster_metadata-0/00000000000000000000.log');
  return [
    '00000000000000000000.log',
    ...dump(segment),
    '',
    '00000000000000000000-0000000000.checkpoint',
    ...dump(fs.readFile('__cluster_metadata-0/00000000000000000000-0000000000.checkpoint')),
    '',
    'quorum-state, and quorum-state.copy',
    ...text(fs.readFile('__cluster_metadata-0/quorum-state')),
    '',
    'leader-epoch-checkpoint',
    ...text(fs.readFile('__cluster_metadata-0/leader-epoch-checkpoint')),
    '',
    'partition.metadata',
    ...text(fs.readFile('__cluster_metadata-0/partition.metadata')),
    '',
    'meta.properties',
    ...text(fs.readFile('meta.properties')),
    '',
    `The batch lies at byte ${BATCHES_POSITION} and is ${batch.bytes.length} bytes long; its checksum is ${batch.checksum.toString(16)}.`,
  ].join('\n');
}

/** One TopicRecord and the request that wrote it. */
function exampleBatch(previousChecksum: number): EncodedBatch {
  const topicId = uuidToBytes(parseUuid('IzkFGEuYT5CNwqjiFcwb2A')!);
  return encodeBatch({
    baseOffset: 0,
    epoch: 3,
    appendTimeMs: 1_700_000_000_000,
    isControl: false,
    previousChecksum,
    records: [encodeRecord({ kind: 'Topic', version: 0, value: { name: 'orders', topicId } })],
    requests: [{ requestId: Uint8Array.from({ length: 16 }, (_, i) => i), firstRecord: 0, items: [{ errorCode: 0, topicId }] }],
  });
}

function text(bytes: Uint8Array): string[] {
  const lines = Buffer.from(bytes).toString('utf8').split('\n');
  const used = lines.findLastIndex((line) => line !== '') + 1;
  const padding = lines.length - 1 - used;
  return [...lines.slice(0, used).map((line) => `  ${line}`), ...(padding > 0 ? [`  (and ${padding} more newlines, to ${bytes.length} bytes)`] : [])];
}

/** Sixteen bytes a line with their position; runs of zeros as `*`. */
function dump(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    if (row.every((byte) => byte === 0)) {
      if (lines.at(-1) !== '  *') lines.push('  *');
      continue;
    }
    const hex = [...row].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const readable = [...row].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`  ${at.toString(16).padStart(4, '0')}  ${hex.padEnd(47)}  ${readable}`);
  }
  return lines;
}
