import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { InteractionEnv } from './interaction-env.js';

const FOLDER = new URL('../testdata/', import.meta.url);
const UPDATE = process.env['QUORATE_UPDATE_STORIES'] === '1';
const STORIES = readdirSync(FOLDER).filter((name) => /^\d\d-.*\.txt$/.test(name)).sort();

test('the stories are there, numbered without gaps', () => {
  expect(STORIES.length).toBeGreaterThanOrEqual(3);
  expect(STORIES.map((name) => Number(name.slice(0, 2)))).toEqual(STORIES.map((_, index) => index + 1));
});

/** Regenerate all with QUORATE_UPDATE_STORIES=1; read the diff before you commit it. */
test.each(STORIES)('story %s happens as it is written', (name) => {
  const file = new URL(name, FOLDER);
  const written = readFileSync(file, 'utf8');

  const played = play(written);

  if (UPDATE) writeFileSync(file, played);
  else expect(played).toBe(written);
});

test.each(STORIES)('story %s opens with what it shows and its source', (name) => {
  const head = readFileSync(new URL(name, FOLDER), 'utf8').split('\n\n')[0] ?? '';

  expect(head).toMatch(/^# \S/);
  expect(head).toMatch(/^# Source: /m);
});

/** Lines that begin with `>` are commands, with `#` words for the reader; all else is output, and is written anew. */
function play(story: string): string {
  const env = new InteractionEnv();
  const lines: string[] = [];
  for (const line of story.split('\n')) {
    if (line.startsWith('#')) lines.push(line);
    if (line.trim() === '' && lines.at(-1) !== '') lines.push('');
    if (!line.startsWith('> ')) continue;
    lines.push(line, ...env.execute(line.slice(2).trim()).map((output) => `  ${output}`));
  }
  return `${lines.join('\n').trimEnd()}\n`;
}
