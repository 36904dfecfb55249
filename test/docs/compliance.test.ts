/** docs/compliance.md claims nothing that no test shows, and names no record that is not written. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exists, textOf } from './markdown.ts';

const cells = textOf('docs/compliance.md')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| asked for') && !line.startsWith('| ---'))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')));

const rules = readdirSync(join(import.meta.dirname, '..', '..', 'core', 'rules')).map((file) =>
  textOf(`core/rules/${file}`),
);
const cited = (cell: string) =>
  [...cell.matchAll(/\]\(\.\.\/([^)]+)\) "([^"]+)"/g)].map(([, file = '', title = '']) => ({ file, title }));

describe('docs/compliance.md', () => {
  it('has rows of five cells, each with what does it', () => {
    expect(cells.length).toBeGreaterThan(20);
    for (const row of cells) expect(row, row[0]).toHaveLength(5);
  });

  it.each(cells.map((row) => [row[0], row[4]] as const))('%s', (_, shown = '') => {
    const tests = cited(shown);
    expect(tests.length).toBeGreaterThan(0);
    for (const { file, title } of tests) {
      expect(exists(file), file).toBe(true);
      expect(file).toMatch(/^test\/.*\.test\.ts$/);
      const titles = textOf(file)
        .split('\n')
        .filter((line) => /\b(it|describe)\b|\]\)\(|^\s*['`]|each/.test(line));
      expect(
        titles.filter((line) => line.includes(title)),
        `${file}: ${title}`,
      ).not.toEqual([]);
    }
  });

  it('names actions of records that a rule writes', () => {
    const named = cells.flatMap((row) =>
      [...(row[2] ?? '').matchAll(/`([a-z]+\.[a-z_]+)`(?!: `data)/g)].map(([, action = '']) => action),
    );
    const actions = named.filter((name) => !/^(actor|data)\./.test(name));
    expect(actions.length).toBeGreaterThan(5);
    for (const action of actions)
      expect(
        rules.some((text) => text.includes(`'${action}'`)),
        action,
      ).toBe(true);
  });

  it('claims no certification', () => {
    expect(textOf('docs/compliance.md')).toContain('no certification and no legal opinion');
    expect(textOf('docs/compliance.md')).not.toMatch(/certified|compliant/i);
  });
});
