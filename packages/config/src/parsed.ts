/** What reading a piece of text came to: its value, or what is wrong with it and what would be accepted instead. */
export type Parsed<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'refused'; readonly problem: string; readonly accepted: string };

export type Refused = Extract<Parsed<never>, { kind: 'refused' }>;

export function ok<T>(value: T): Parsed<T> {
  return { kind: 'ok', value };
}

export function refused(problem: string, accepted: string): Refused {
  return { kind: 'refused', problem, accepted };
}

/** Parses each item of a comma-separated list, blanks around items dropped; the first refusal is the list's. */
export function parseList<T>(text: string, parseItem: (item: string) => Parsed<T>): Parsed<readonly T[]> {
  const values: T[] = [];
  for (const item of splitList(text)) {
    const parsed = parseItem(item);
    if (parsed.kind === 'refused') return parsed;
    values.push(parsed.value);
  }
  return ok(values);
}

/** Items of a comma-separated list, trimmed; empty ones (a comma too many) are dropped, as in Kafka. */
export function splitList(text: string): string[] {
  return text.split(',').map((item) => item.trim()).filter((item) => item !== '');
}
