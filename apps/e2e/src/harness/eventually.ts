const POLL_MS = 20;

/**
 * Tries until `attempt` returns without throwing; what it threw last, when the time is over. For conditions of other
 * processes, which can be looked at but not waited for.
 *
 * @param isHopeless - a reason not to go on trying: thrown at once.
 */
export async function eventually<T>(what: string, withinMs: number, attempt: () => Promise<T> | T, isHopeless: () => string | undefined = () => undefined): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const why = isHopeless();
      if (why !== undefined) throw new Error(`${what}: ${why}`, { cause: error });
      if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
