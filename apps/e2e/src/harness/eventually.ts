const POLL_MS = 20;

/**
 * Tries until `attempt` returns without throwing; what it threw last, when the time is over. For conditions of other
 * processes, which can be looked at but not waited for.
 */
export async function eventually<T>(what: string, withinMs: number, attempt: () => Promise<T> | T): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms`, { cause: error });
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
