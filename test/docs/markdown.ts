/** What the tests of the documents read of them. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { placed } from '../../clients/cli/example.ts';

const root = join(import.meta.dirname, '..', '..');

/** Paths of all documents, from the repository's root. */
export const documents: string[] = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

export const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

export interface CodeBlock {
  language: string;
  /** `name=value` pairs after the language. */
  says: Record<string, string>;
  code: string;
}

/** Fenced blocks, also those in a list. */
export function codeBlocks(path: string): CodeBlock[] {
  return [...textOf(path).matchAll(/^( *)```(\w*) ?([^\n]*)\n([\s\S]*?)^\1```$/gm)].map(
    ([, , language = '', info = '', code = '']) => ({
      language,
      says: Object.fromEntries([...info.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value])),
      code,
    }),
  );
}

/** A document without its fenced blocks. */
const proseOf = (path: string): string => textOf(path).replace(/^( *)```[\s\S]*?^\1```$/gm, '');

export interface Link {
  target: string;
  /** From the repository's root. */
  path: string;
  anchor: string;
}

/** Links and images that lead into the repository. */
export function relativeLinks(path: string): Link[] {
  return [...proseOf(path).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [file = '', anchor = ''] = target.split('#');
      return { target, path: file === '' ? path : relative(root, join(root, dirname(path), file)), anchor };
    });
}

/** The anchors that headings have on GitHub. */
export const anchorsOf = (path: string): string[] =>
  [...proseOf(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

export const exists = (path: string): boolean => existsSync(join(root, path));

/** An example as it would stand in a deployment. */
export const inPlace = (path: string): string => placed(path, textOf(path));

/** The texts of all tests. */
export const testTexts = (): string[] =>
  readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => textOf(join('test', name)));
