import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { ROOT } from './require-program.js';

/** Runs the operators' command and gives what it printed; throws with all of that when it fails. */
export function quorate(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [path.join(ROOT, 'apps/cli/dist/main.js'), ...args], (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`quorate ${args.join(' ')} ended with ${error.code}\n${stdout}${stderr}`));
    });
  });
}

/** 22 characters of base64url, as `quorate storage random-uuid` prints them; without its 400 ms. */
export function randomUuid(): string {
  const text = randomBytes(16).toString('base64url');
  return text.startsWith('-') ? randomUuid() : text;
}
