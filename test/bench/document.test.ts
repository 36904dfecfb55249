import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { documentFile, documentOf, rawFile } from '../../bench/document.ts';
import { linesOf, type Results, resultsOf } from '../../bench/results.ts';
import { someResults } from './results.ts';

/** Lines of the table of aims. */
const aimsIn = (results: Results) => {
  const text = documentOf(results);
  return text.slice(text.indexOf('## The aims'), text.indexOf('## How it is measured')).split('\n');
};

const missed = (results: Results) => aimsIn(results).filter((line) => line.includes('**failed**'));

describe('the document', () => {
  it('is that of the raw data beside it', () => {
    expect(existsSync(rawFile)).toBe(true);
    expect(readFileSync(documentFile, 'utf8')).toBe(documentOf(resultsOf(readFileSync(rawFile, 'utf8'))));
  }, 30_000);

  it('says of every aim that is met that it is', () => {
    const found = aimsIn(someResults()).filter((line) => line.endsWith('| met |'));
    expect(found).toHaveLength(11);
    expect(missed(someResults())).toEqual([]);
  });

  it('marks what is too slow, in the list of aims and in its own table', () => {
    const results = someResults({ slower: 2.5 });
    expect(missed(results)).toHaveLength(6);
    expect(documentOf(results)).toContain('2.50 (2.50 to 2.50) **failed**');
  });

  it('marks what grows, or shrinks, with what waits', () => {
    expect(missed(someResults({ grown: 1.2 }))).toHaveLength(1);
    expect(missed(someResults({ grown: 0.8 }))).toHaveLength(1);
    expect(missed(someResults({ grown: 1.05 }))).toEqual([]);
  });

  it('marks too many calls in a row, a heavy bundle and a slow import', () => {
    const results = someResults();
    const [counted] = results.counted;
    const [one] = results.functions;
    if (!counted || !one) throw new Error('no figures');
    counted.decideChain = [4, 5];
    one.bytes = 600 * 1024 + 1;
    one.milliseconds = [140, 150, 130];
    expect(missed(results)).toHaveLength(3);
    for (const text of ['| 4 **failed** |', '| 600 **failed** |']) expect(documentOf(results)).toContain(text);
  });
});

it('requests without an aim are said beside those that have one, and are judged by none', () => {
  const text = documentOf(someResults());
  expect(text).toContain('| claim | delegation, claimed | 4 |');
  expect(text).toContain('| answer | delegation, claimed | 6 |');
  expect(missed(someResults())).toEqual([]);
});

it('a machine that others used is said to have been', () => {
  const busy = someResults();
  busy.setup.load = 6.5;
  expect(documentOf(busy)).toContain('The machine was not quiet.');
  expect(documentOf(someResults())).not.toContain('The machine was not quiet.');
});

it('an aim without figures is an error, not met', () => {
  expect(() => documentOf({ ...someResults(), functions: [] })).toThrow('Nothing was found');
});

it('results are the same after writing and reading', () => {
  const results = someResults();
  expect(resultsOf(linesOf(results))).toEqual(results);
  expect(() => resultsOf('{"kind":"sample"}')).toThrow('setup');
});
