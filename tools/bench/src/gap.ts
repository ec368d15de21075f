/** How long one attempt may take while nobody leads; a shorter gap than this cannot hide behind it. */
export const ATTEMPT_MS = 2000;

/** From the kill to the first write that was begun after it and succeeded; writers keep four attempts in flight. */
export async function gapAfter(kill: () => void, write: () => Promise<unknown>): Promise<number> {
  const killedMs = performance.now();
  kill();
  const first = await new Promise<number>((resolve) => {
    let over = false;
    const attempt = async (): Promise<void> => {
      while (!over) {
        try {
          await write();
          if (!over) {
            over = true;
            resolve(performance.now());
          }
        } catch {
          await new Promise((again) => setTimeout(again, 1));
        }
      }
    };
    for (let writer = 0; writer < 4; writer += 1) void attempt();
  });
  return first - killedMs;
}
