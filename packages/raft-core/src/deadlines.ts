/** The earliest of several deadlines; those that are undefined or infinitely far do not exist. */
export function earliest(...deadlines: readonly (number | undefined)[]): number | undefined {
  let first: number | undefined;
  for (const deadline of deadlines) {
    if (deadline === undefined || deadline === Infinity) continue;
    if (first === undefined || deadline < first) first = deadline;
  }
  return first;
}
