/** Types of programs.mjs, for the TypeScript that imports it. */
export type FoundProgram =
  | { readonly path: string; readonly source: 'path' | 'cache' | 'built' | 'fetched' | 'running'; readonly missing?: undefined }
  | { readonly missing: string; readonly howTo: string; readonly path?: undefined };

export interface EnsureOptions {
  readonly onProgress?: (line: string) => void;
}

export function programsFolder(): string;
export function findProgram(name: string): FoundProgram;
export function ensureProgram(name: string, options?: EnsureOptions): Promise<FoundProgram>;
export function ensureNode(major: string, options?: EnsureOptions & { readonly fetch?: boolean }): Promise<FoundProgram>;
