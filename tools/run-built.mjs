// Becomes a program of this workspace: installs and builds what is missing, then runs its main file in this process.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { bootstrapOrExit } from './bootstrap.mjs';
import { workspaceRoot } from './workspace-paths.mjs';

/**
 * @param mainFile - the built file, relative to the root of the checkout. It sees the arguments as if it had been started.
 */
export async function runBuilt(mainFile) {
  await bootstrapOrExit();
  const file = path.join(workspaceRoot, mainFile);
  if (!existsSync(file)) {
    console.error(`${mainFile} was not built; look at the project's tsconfig.json and its row in the root's`);
    process.exit(1);
  }
  process.argv[1] = file;
  await import(pathToFileURL(file).href);
}
