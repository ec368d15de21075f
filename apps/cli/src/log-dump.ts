import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { examineLog, type LogFinding } from '@quorate/metadata-log/tools';
import { LOG_DIRECTORY } from '@quorate/metadata-log';
import { forEachRecord, readBatches, type EncodedBatch } from '@quorate/records';
import { CommandError, type CliCommand, type CommandResult } from './command.js';
import { chosenDirectory, takeDirectory } from './offline-directory.js';
import { readFlags } from './read-flags.js';
import { ReadOnlyFiles } from './read-only-files.js';
import { batchJson, recordJson } from './record-json.js';

const USAGE = 'quorate log dump (-c FILE | -d DIRECTORY) [--offset FROM[..TO]] [--headers] [--snapshot NAME.checkpoint]';

/**
 * Prints a log, or one snapshot, as JSON lines: each batch, each of its records, and between them each place that cannot be
 * read, also behind damage. Exit code 1 when there was damage. Changes nothing.
 */
export const logDump: CliCommand = {
  name: 'log dump',
  usage: USAGE,
  summary: "prints a stopped node's metadata log as JSON lines, damaged or not",
  run: async (args, { environment, print }) => {
    const flags = readFlags(args, USAGE, {
      config: { type: 'string', short: 'c' },
      directory: { type: 'string', short: 'd' },
      offset: { type: 'string' },
      snapshot: { type: 'string' },
      headers: { type: 'boolean', default: false },
    });
    const { from, to } = parseRange(flags.offset);
    const directory = await takeDirectory(chosenDirectory(flags, USAGE, environment).path, 'read');
    const line = (value: object): void => print(JSON.stringify(value));
    const show = (batch: EncodedBatch, where: object): void => {
      if (batch.endOffset <= from || batch.baseOffset >= to) return;
      line({ batch: { ...where, ...batchJson(batch) } });
      if (flags.headers) return;
      forEachRecord(batch, (raw, offset) => {
        if (offset >= from && offset < to) line({ record: { offset, ...recordJson(raw, batch.isControl) } });
      });
    };
    try {
      for (const warning of directory.warnings) line({ warning });
      if (flags.snapshot !== undefined) return dumpSnapshot(directory.path, flags.snapshot, { show, line });
      let damaged = false;
      examineLog(new ReadOnlyFiles(directory.path), {
        identity: directory.properties,
        onBatch: ({ batch, path, position }) => show(batch, { path, position }),
        onFinding: (finding: LogFinding) => {
          damaged ||= finding.severity === 'damage';
          line({ [finding.severity]: { path: finding.path, position: finding.position, offset: finding.offset, problem: finding.problem } });
        },
      });
      return { lines: [], exitCode: damaged ? 1 : 0 };
    } finally {
      directory.release();
    }
  },
};

interface Shown {
  readonly show: (batch: EncodedBatch, where: object) => void;
  readonly line: (value: object) => void;
}

function dumpSnapshot(directory: string, name: string, { show, line }: Shown): CommandResult {
  const path = join(LOG_DIRECTORY, name);
  const { batches, problem } = readBatches(readOrRefuse(join(directory, path)));
  for (const batch of batches) show(batch, { path });
  if (problem !== undefined) line({ damage: { path, problem } });
  return { lines: [], exitCode: problem === undefined ? 0 : 1 };
}

function readOrRefuse(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CommandError(`${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** `17` is one record, `17..20` those from 17 to 19, `17..` all from 17 on. */
function parseRange(text: string | undefined): { readonly from: number; readonly to: number } {
  if (text === undefined) return { from: 0, to: Infinity };
  const match = /^(\d{1,16})(\.\.(\d{0,16}))?$/.exec(text);
  if (match === null) throw new CommandError(`--offset ${text}: write 17 for one record, 17..20 for those from 17 to 19, 17.. for all from 17 on`);
  const from = Number(match[1]);
  if (match[2] === undefined) return { from, to: from + 1 };
  return { from, to: match[3] === '' ? Infinity : Number(match[3]) };
}
