/** Calls `once` one after the other for so long; how long each took, in milliseconds. */
export async function oneInFlight(durationMs: number, once: (index: number) => Promise<unknown>): Promise<readonly number[]> {
  const samples: number[] = [];
  const until = performance.now() + durationMs;
  for (let index = 0; performance.now() < until; index += 1) {
    const startedMs = performance.now();
    await once(index);
    samples.push(performance.now() - startedMs);
  }
  return samples;
}

/** Keeps so many calls in flight for so long; finished calls a second. */
export async function manyInFlight(inFlight: number, durationMs: number, once: (index: number) => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  const until = startedMs + durationMs;
  let next = 0;
  let finished = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() < until) {
      next += 1;
      await once(next);
      finished += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return finished / ((performance.now() - startedMs) / 1000);
}
