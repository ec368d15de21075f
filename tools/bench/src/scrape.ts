/** The sum of a metric over its labels, as a scrape says it; 0 when it is not there. */
export function sumOf(text: string, metric: string): number {
  return valuesOf(text, metric).reduce((sum, value) => sum + value, 0);
}

/** The metric's value, of the first of its labels; undefined when it is not there. */
export function valueOf(text: string, metric: string): number | undefined {
  return valuesOf(text, metric)[0];
}

function valuesOf(text: string, metric: string): readonly number[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith(metric) && (line[metric.length] === ' ' || line[metric.length] === '{'))
    .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
}
