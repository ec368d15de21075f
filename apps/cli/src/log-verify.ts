import { verifyDirectory, type LogFinding, type VerifiedDirectory } from '@quorate/metadata-log/tools';
import { CommandError, type CliCommand } from './command.js';
import { chosenDirectory, takeDirectory, type OfflineDirectory } from './offline-directory.js';
import { readFlags } from './read-flags.js';
import { ReadOnlyFiles } from './read-only-files.js';
import { timeText } from './record-json.js';

const USAGE = 'quorate log verify (-c FILE | -d DIRECTORY) [--json]';

/** Checks every file of a stopped controller and says what is wrong and where. Exit code 0: whole, 1: damaged. Changes nothing. */
export const logVerify: CliCommand = {
  name: 'log verify',
  usage: USAGE,
  summary: 'checks every file of a stopped controller: chain, markers, snapshots, quorum-state; 0 whole, 1 damaged',
  run: async (args, { environment }) => {
    const flags = readFlags(args, USAGE, { config: { type: 'string', short: 'c' }, directory: { type: 'string', short: 'd' }, json: { type: 'boolean', default: false } });
    const directory = await takeDirectory(chosenDirectory(flags, USAGE, environment).path, 'read');
    try {
      if (!directory.hasLog) throw new CommandError(`${directory.path} holds no metadata log: it was formatted for a broker alone, or the log was moved away`);
      const verified = verifyDirectory(new ReadOnlyFiles(directory.path), directory.properties);
      const lines = flags.json ? [JSON.stringify(asJson(directory, verified), undefined, 2)] : [...directory.warnings.map((warning) => `warning: ${warning}`), ...describeVerified(directory, verified)];
      return { lines, exitCode: verified.kind === 'whole' ? 0 : 1 };
    } finally {
      directory.release();
    }
  },
};

/** The directory in a few lines for people. */
export function describeVerified({ path, properties }: Pick<OfflineDirectory, 'path' | 'properties'>, { kind, log, voters, election, snapshots, lastAppendTimeMs, findings }: VerifiedDirectory): string[] {
  const { marker } = log;
  const rows: readonly (readonly [string, string])[] = [
    ['Directory', path],
    ['Cluster', `${properties.clusterId}, recovery id ${properties.recoveryId}`],
    ['Node', `${properties.nodeId}, directory id ${properties.directoryId}`],
    ['Log', `offsets ${log.startOffset} to ${log.endOffset} (exclusive), last epoch ${log.lastEpoch}, ${log.endOffset - log.startOffset} records in ${log.batchCount} batches, ${log.segmentCount} segments, ${log.sizeBytes} bytes`],
    ['Newest batch', lastAppendTimeMs === undefined ? 'none' : `appended ${timeText(lastAppendTimeMs)}`],
    ['Flushed', marker === undefined ? 'no marker is whole' : `at least up to offset ${marker.endOffset} (generation ${marker.generation}${marker.sealed ? ', sealed' : ''})`],
    ['Snapshots', snapshots.length === 0 ? 'none' : snapshots.map(({ endOffset, epoch, isWhole }) => `${endOffset}-${epoch}${isWhole ? '' : ' (damaged)'}`).join(', ')],
    ['Voters', voters === undefined ? 'none known' : voters.map(({ id, directoryId, endpoints }) => `${id}@${endpoints.map(({ host, port }) => `${host}:${port}`).join('/')}:${directoryId}`).join(', ')],
    ['quorum-state', election === undefined ? 'lost' : election.state === undefined ? 'epoch 0, no vote' : `epoch ${election.state.epoch}, leader ${election.state.leaderId ?? 'unknown'}, voted for ${election.state.votedKey?.id ?? 'nobody'}`],
  ];
  return [...rows.map(([name, value]) => `${name.padEnd(13)} ${value}`), ...findings.map(describeFinding), kind === 'whole' ? 'WHOLE' : 'DAMAGED'];
}

function describeFinding({ severity, path, position, offset, problem }: LogFinding): string {
  const where = [...(position === undefined ? [] : [`byte ${position}`]), ...(offset === undefined ? [] : [`offset ${offset}`])].join(', ');
  return `${severity.padEnd(6)} ${path}${where === '' ? '' : ` (${where})`}: ${problem}`;
}

function asJson({ path, properties, warnings }: OfflineDirectory, verified: VerifiedDirectory): object {
  const { findings: _, marker, ...log } = verified.log;
  return { verdict: verified.kind, directory: path, ...properties, log: { ...log, flushedOffset: marker?.endOffset, generation: marker?.generation }, recordCount: verified.recordCount, newestBatch: verified.lastAppendTimeMs === undefined ? undefined : timeText(verified.lastAppendTimeMs), voters: verified.voters, quorumState: verified.election, snapshots: verified.snapshots, findings: verified.findings, warnings };
}
