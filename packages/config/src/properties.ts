/** One `key=value` of a properties file. */
export interface Property {
  readonly key: string;
  readonly value: string;
  /** Line of the file on which the entry begins, from 1. */
  readonly line: number;
}

/** Everything that a properties file says. */
export interface ParsedProperties {
  readonly entries: readonly Property[];
  /** Lines where ` # …` behind a value was taken for a comment and cut off. */
  readonly strippedCommentLines: readonly number[];
  /** What cannot be read at all (a broken `\u` escape, a line without a key), with its line. */
  readonly problems: readonly { readonly line: number; readonly problem: string }[];
}

/**
 * Reads the format of Java's `.properties` files: `key=value`, `key: value` or `key value`, `#` and `!` for comment lines,
 * a backslash at the end of a line to go on with the next, escapes (`\t \n \r \f \uXXXX`, and `\x` for x).
 *
 * Two things differ from Java: the text is Unicode (Kafka reads Latin-1), and ` # …` behind a value is taken for a
 * comment, since published samples write it so and Kafka then complains about a number. A `#` that is meant is written
 * `\#`, or without a blank before it.
 *
 * @param trailingComments - `keep` for files written by programs, where ` #` and blanks at the end are part of the value.
 */
export function parseProperties(text: string, trailingComments: 'strip' | 'keep' = 'strip'): ParsedProperties {
  const entries: Property[] = [];
  const strippedCommentLines: number[] = [];
  const problems: { line: number; problem: string }[] = [];
  for (const { line, content } of logicalLines(text)) {
    const kept = trailingComments === 'strip' ? withoutTrailingComment(content) : content;
    if (kept !== content) strippedCommentLines.push(line);
    const { rawKey, rawValue } = splitAtSeparator(kept);
    const key = unescape(rawKey);
    const value = unescape(rawValue);
    if (key === undefined || value === undefined) problems.push({ line, problem: 'a \\u escape needs four hexadecimal digits' });
    else if (key === '') problems.push({ line, problem: 'there is no key before the separator' });
    else entries.push({ key, value: trailingComments === 'strip' ? value.trim() : value, line });
  }
  return { entries, strippedCommentLines, problems };
}

/** A value as it must be written so that `parseProperties` reads it back. */
export function escapeValue(value: string): string {
  return value.replace(/^ |[\\\t\n\r\f#!=:]/g, (character) => ESCAPES[character] ?? `\\${character}`);
}

const ESCAPES: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\f': '\\f' };

/** Lines with their continuations joined, without comment lines and blank ones. */
function logicalLines(text: string): { line: number; content: string }[] {
  const result: { line: number; content: string }[] = [];
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1;
    let piece = (lines[index] ?? '').trimStart();
    if (piece === '' || piece.startsWith('#') || piece.startsWith('!')) continue;
    // Joined once at the end: a file of continuations would be copied once for each of them otherwise.
    const pieces: string[] = [];
    while (endsWithOpenBackslash(piece)) {
      pieces.push(piece.slice(0, -1));
      index++;
      piece = (lines[index] ?? '').trimStart();
    }
    pieces.push(piece);
    result.push({ line, content: pieces.join('') });
  }
  return result;
}

/** A backslash at the end continues the line unless it is escaped itself. */
function endsWithOpenBackslash(content: string): boolean {
  let backslashes = 0;
  while (content[content.length - 1 - backslashes] === '\\') backslashes++;
  return backslashes % 2 === 1;
}

/** U+3000 is the blank that a Chinese or Japanese input method types. */
function withoutTrailingComment(content: string): string {
  // Not `[ …]+#`, which tries every blank of a run as the first one.
  let end = /[ \t\f\u3000]#/.exec(content)?.index;
  if (end === undefined) return content;
  while (end > 0 && ' \t\f\u3000'.includes(content[end - 1]!)) end--;
  return content.slice(0, end);
}

function splitAtSeparator(content: string): { rawKey: string; rawValue: string } {
  const match = /^((?:\\.|[^\\=: \t\f])*)[ \t\f]*[=:]?[ \t\f]*(.*)$/su.exec(content);
  return { rawKey: match?.[1] ?? '', rawValue: match?.[2] ?? '' };
}

/** Undefined when a `\u` escape is broken. */
function unescape(raw: string): string | undefined {
  if (/\\u(?![0-9a-fA-F]{4})/.test(raw.replace(/\\\\/g, ''))) return undefined;
  return raw.replace(/\\(u[0-9a-fA-F]{4}|.|$)/gsu, (_, escape: string) => unescapeOne(escape));
}

function unescapeOne(escape: string): string {
  switch (escape) {
    case 't':
      return '\t';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 'f':
      return '\f';
    default:
      return /^u[0-9a-fA-F]{4}$/.test(escape) ? String.fromCharCode(parseInt(escape.slice(1), 16)) : escape;
  }
}
