import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './require-program.js';

/** One command of README and what it prints there. */
export interface DocumentedCall {
  /** Exactly as printed; for a shell. */
  readonly command: string;
  readonly kind: 'json' | 'text';
  readonly output: string;
}

const FENCE = /^```(\w*)\n([\s\S]*?)^```$/gm;

interface Block {
  readonly language: string;
  readonly text: string;
}

function blocksOf(markdown: string): readonly Block[] {
  return [...markdown.matchAll(FENCE)].map(([, language = '', text = '']) => ({ language, text }));
}

/** Every `sh` block that begins with grpcurl, with the `json` or `text` block that follows it. */
export function documentedCalls(markdown: string): readonly DocumentedCall[] {
  const blocks = blocksOf(markdown);
  return blocks.flatMap(({ language, text }, index) => {
    if (language !== 'sh' || !text.startsWith('grpcurl ')) return [];
    const next = blocks[index + 1];
    if (next?.language !== 'json' && next?.language !== 'text') throw new Error(`README does not say what this prints: ${text}`);
    return [{ command: text.trim(), kind: next.language, output: next.text }];
  });
}

/** The grpcurl lines of `console` blocks, whose output is shortened by hand. */
export function consoleCommands(markdown: string): readonly string[] {
  return blocksOf(markdown)
    .filter(({ language }) => language === 'console')
    .flatMap(({ text }) => text.split('\n'))
    .filter((line) => line.startsWith('$ grpcurl '))
    .map((line) => line.slice(2));
}

export const readme = (): string => readFileSync(path.join(ROOT, 'README.md'), 'utf8');
