import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** Which module is replaced, and by the change of which bug; see `node:module`'s `register`. */
export interface HookData {
  readonly target: string;
  readonly bugsModule: string;
  readonly bug: number;
}

interface Resolved {
  readonly url: string;
  readonly shortCircuit?: boolean;
  readonly format?: string;
}

interface Loaded {
  readonly format: string;
  readonly source: string;
  readonly shortCircuit: true;
}

let data: HookData;

export function initialize(given: HookData): void {
  data = given;
}

/** Whoever asks for the module gets the changed one; only the changed one gets the original. */
export async function resolve(specifier: string, context: object, next: (specifier: string, context: object) => Promise<Resolved>): Promise<Resolved> {
  const resolved = await next(specifier, context);
  return resolved.url === data.target ? { ...resolved, url: `${data.target}?changed` } : resolved;
}

export async function load(url: string, context: object, next: (url: string, context: object) => Promise<Loaded>): Promise<Loaded> {
  if (url !== `${data.target}?changed`) return next(url, context);
  const names = exportedNames(await readFile(fileURLToPath(data.target), 'utf8'));
  const source = [
    `import * as original from '${data.target}?original';`,
    `import { knownBugs } from '${data.bugsModule}';`,
    `export const { ${names.join(', ')} } = { ...original, ...knownBugs[${data.bug}].change(original) };`,
  ];
  return { format: 'module', source: source.join('\n'), shortCircuit: true };
}

/** What a compiled module of ours exports: declarations, and lists of names. */
export function exportedNames(source: string): string[] {
  const declared = [...source.matchAll(/^export (?:async )?(?:class|const|let|function\*?) (\w+)/gm)].map((match) => match[1]!);
  const listed = [...source.matchAll(/^export \{([^}]*)\}/gm)].flatMap((match) => match[1]!.split(',').map((item) => item.trim().split(/ as /).at(-1)!));
  return [...declared, ...listed.filter((name) => name !== '')];
}
