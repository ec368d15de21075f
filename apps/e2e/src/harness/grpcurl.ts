import { spawnSync } from 'node:child_process';

/** What one run of grpcurl printed; throws with its standard error when it failed. */
export function grpcurl(program: string, args: readonly string[]): string {
  const result = spawnSync(program, ['-plaintext', ...args], { encoding: 'utf8', timeout: 20_000 });
  if (result.status !== 0) throw new Error(`grpcurl ${args.join(' ')} ended with ${result.status}\n${result.stderr}`);
  return result.stdout;
}

/** One call by grpcurl, its answer parsed. */
export function ask(program: string, address: string, method: string, body: object = {}): Record<string, unknown> {
  return JSON.parse(grpcurl(program, ['-d', JSON.stringify(body), address, method])) as Record<string, unknown>;
}
