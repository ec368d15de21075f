import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { formatExample } from '../test/format-example.js';

const DOCUMENT = new URL('../FORMAT.md', import.meta.url);
const FENCES = /(<!-- example: made by test\/format-example\.ts -->\n```text\n)([\s\S]*?)(\n```)/;

it('shows in FORMAT.md exactly the bytes that are written', async () => {
  const example = await formatExample();
  const document = readFileSync(DOCUMENT, 'utf8');
  if (process.env['QUORATE_UPDATE_FORMAT_EXAMPLE'] !== undefined) {
    writeFileSync(DOCUMENT, document.replace(FENCES, (_, before: string, __, after: string) => before + example + after));
    return;
  }

  expect(FENCES.exec(document)?.[2]).toBe(example);
});
