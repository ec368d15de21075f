import { existsSync, statSync } from 'node:fs';
import { inspectDirectory } from '@quorate/metadata-log';
import { NodeFileSystem } from '@quorate/metadata-log/node';
import { readServerConfiguration } from '@quorate/roles';
import { succeed, type CliCommand } from './command.js';
import { readFlags, requiredFlag } from './read-flags.js';

const USAGE = 'quorate storage info -c FILE';

/** What the directories of one node are, and numbered problems with them (kafka-storage info); exit code 1 when there are any. */
export const storageInfo: CliCommand = {
  name: 'storage info',
  usage: USAGE,
  summary: 'shows the data directories of one node and what is wrong with them',
  run: async (args, { environment }) => {
    const flags = readFlags(args, USAGE, { config: { type: 'string', short: 'c' } });
    const { config } = readServerConfiguration([`--config=${requiredFlag(flags.config, '-c/--config', USAGE)}`], environment);
    const paths = [...new Set([config.metadataLogDir, ...config.logDirs])];
    const lines = ['Found log directories:', ...paths.map((path) => `  ${path}`), ''];
    const problems: string[] = [];
    const owners = new Set<string>();
    for (const path of paths) {
      const found = describeDirectory(path);
      if (found.problem !== undefined) problems.push(`${path}: ${found.problem}`);
      if (found.owner !== undefined) owners.add(found.owner);
      if (found.metadata !== undefined && lines.at(-1) === '') lines.push('Found metadata:', ...found.metadata.map((line) => `  ${line}`));
      if (found.nodeId !== undefined && found.nodeId !== config.nodeId) problems.push(`${path}: belongs to node ${found.nodeId}, the configuration says node.id=${config.nodeId}`);
      if (found.clusterId !== undefined && config.clusterId !== undefined && found.clusterId !== config.clusterId) {
        problems.push(`${path}: belongs to cluster ${found.clusterId}, the configuration says cluster.id=${config.clusterId}`);
      }
    }
    if (owners.size > 1) problems.push(`the directories belong to different nodes or clusters: ${[...owners].join('; ')}`);
    if (problems.length === 0) return succeed(lines);
    return { lines: [...lines, '', 'Found problems:', ...problems.map((problem, index) => `  ${index + 1}. ${problem}`)], exitCode: 1 };
  },
};

interface DirectoryFound {
  readonly problem?: string;
  readonly owner?: string;
  readonly clusterId?: string;
  readonly nodeId?: number;
  readonly metadata?: readonly string[];
}

function describeDirectory(path: string): DirectoryFound {
  if (!existsSync(path)) return { problem: 'does not exist; run "quorate storage format"' };
  if (!statSync(path).isDirectory()) return { problem: 'is not a directory' };
  const found = inspectDirectory(new NodeFileSystem(path));
  switch (found.kind) {
    case 'formatted': {
      const { clusterId, nodeId, directoryId } = found.properties;
      return { owner: `node ${nodeId} of ${clusterId}`, clusterId, nodeId, metadata: [`cluster.id=${clusterId}`, `directory.id=${directoryId}`, `node.id=${nodeId}`, 'version=1'] };
    }
    case 'empty':
      return { problem: 'is not formatted; run "quorate storage format"' };
    case 'half-formatted':
      return { problem: 'formatting was interrupted; run "quorate storage format" again' };
    case 'without-properties':
      return { problem: 'holds a metadata log, but meta.properties is gone; put it back' };
    case 'unreadable-properties':
      return { problem: `meta.properties cannot be understood: ${found.problem}` };
    case 'not-empty':
      return { problem: `is not formatted and not empty: ${found.entries.slice(0, 5).join(', ')}` };
  }
}
