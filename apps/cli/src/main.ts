#!/usr/bin/env node
import { randomBytes } from 'node:crypto';
import { ProcessRefusal } from '@quorate/roles';
import { CommandError, type CliCommand } from './command.js';
import { configPrint } from './config-print.js';
import { logDiscard } from './log-discard.js';
import { logDump } from './log-dump.js';
import { logVerify } from './log-verify.js';
import { quorumOverrideVoters } from './override-voters.js';
import { quorumAddController } from './quorum-add-controller.js';
import { quorumDescribe } from './quorum-describe.js';
import { quorumRemoveController } from './quorum-remove-controller.js';
import { storageFormat } from './storage-format.js';
import { storageInfo } from './storage-info.js';
import { storageRandomUuid } from './storage-random-uuid.js';
import { transferLeadershipCommand } from './transfer-leadership.js';

const COMMANDS: readonly CliCommand[] = [storageRandomUuid, storageFormat, storageInfo, configPrint, logDump, logVerify, logDiscard, quorumDescribe, quorumAddController, quorumRemoveController, transferLeadershipCommand, quorumOverrideVoters];

function usage(): string {
  return ['quorate: operations on a cluster', ...COMMANDS.map((command) => `  ${command.usage}\n      ${command.summary}`)].join('\n');
}

async function main(args: readonly string[]): Promise<number> {
  const typed = args.slice(0, 2).join(' ');
  const command = COMMANDS.find((candidate) => candidate.name === typed);
  if (command === undefined) {
    const isHelp = args.length === 0 || args[0] === 'help' || args[0] === '--help';
    (isHelp ? console.log : console.error)(isHelp ? usage() : `quorate: no command is called "${typed}"\n${usage()}`);
    return isHelp ? 0 : 1;
  }
  const rest = args.slice(2);
  if (rest.includes('--help') || rest.includes('-h')) {
    console.log(`${command.usage}\n  ${command.summary}`);
    return 0;
  }
  const result = await command.run(rest, { environment: process.env, randomBytes, print: (line) => console.log(line) });
  for (const line of result.lines) console.log(line);
  return result.exitCode;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof CommandError) && !(error instanceof ProcessRefusal)) throw error;
  console.error(`quorate: ${error.message}`);
  process.exitCode = 1;
}
