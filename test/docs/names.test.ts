/** What documents name must exist under that name. */

import { describe, expect, it } from 'vitest';
import { intentTypes } from '../../intents/index.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { documents, exists, testTexts, textOf } from './markdown.ts';

const matches = (path: string, pattern: RegExp): string[] =>
  [...textOf(path).matchAll(pattern)].map(([whole, group]) => group ?? whole);

/** Those that npm has without a script of ours. */
const npmOwn = ['ci', 'pack'];

describe.each(documents)('%s', (path) => {
  it('names scripts that package.json has', () => {
    const named = matches(path, /\bnpm (?:run )?([a-z][\w:-]*)/g);
    const known = [...Object.keys(packageJson.scripts), ...npmOwn];
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('names files of the repository that are there', () => {
    const folders = 'adapters|clients|core|docs|examples|functions|infra|intents|local|statemachines|test|wire';
    const named = matches(path, new RegExp(`(?<![\\w./-])(?:${folders})/[\\w./-]*\\.(?:ts|md|json|py)\\b`, 'g'));
    // A guide says where a reader's own files go.
    const inExamples = (file: string) => exists(`examples/credit/${file}`);
    expect(named.filter((file) => !exists(file) && !inExamples(file))).toEqual([]);
  });

  it('names intent types that are declared, or those of the examples', () => {
    const declared = [...intentTypes.map(({ type }) => type), 'intent.credit.v1'];
    expect(matches(path, /\bintent\.\w+\.v\d+/g).filter((type) => !declared.includes(type))).toEqual([]);
  });
});

describe('docs/approval-mail.md', () => {
  const rows = textOf('docs/approval-mail.md')
    .split('\n')
    .filter((line) => /^\| \d+ \|/.test(line));
  const citation = /\]\(\.\.\/(test\/[^)]+)\) "([^"]+)"/g;

  it('has every rule once, in order', () => {
    expect(rows.map((row) => Number(row.split('|')[1]))).toEqual(Array.from({ length: 27 }, (_, i) => i + 1));
  });

  it.each(rows)('cites tests by their titles: %s', (row) => {
    const cited = [...row.matchAll(citation)];
    const missing = cited.filter(([, file = '', title = '']) => !textOf(file).includes(title));
    expect(missing.map(([whole]) => whole)).toEqual([]);
    expect(cited.length > 0 || /Not there yet|no test of its own/.test(row)).toBe(true);
  });

  it('has for each rule a test that says its number', () => {
    const said = new Set(
      testTexts().flatMap((text) =>
        [...text.matchAll(/\b(?:it|describe)[^\n]*?[(\n]\s*['"`]rules? (\d+(?:, \d+)*)\b/g)].flatMap(
          ([, numbers = '']) => numbers.split(', '),
        ),
      ),
    );
    const without = rows.filter((row) => !said.has(row.split('|')[1]?.trim() ?? ''));
    expect(without.filter((row) => !/Not there yet/.test(row))).toEqual([]);
  });

  it('cites a test of the deployed stack for the numbers in its title', () => {
    for (const row of rows) {
      const number = row.split('|')[1]?.trim() ?? '';
      for (const [, file = '', title = ''] of row.matchAll(citation)) {
        const line =
          textOf(file)
            .split('\n')
            .find((one) => one.includes(title)) ?? '';
        const numbers = /['"`]rules? (\d+(?:, \d+)*): /.exec(line)?.[1]?.split(', ');
        if (numbers) expect(numbers, `${number}: ${title}`).toContain(number);
      }
    }
  });
});
