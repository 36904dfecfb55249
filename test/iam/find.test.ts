import { describe, expect, it } from 'vitest';
import { encodingsOf, Needles } from './find.ts';

const odd = 'He said: "too small & torn" / ☹ <size 4>';
const python = '"He said: \\"too small & torn\\" / \\u2639 <size 4>"';

/** How the text comes out of each, with something around it that differs. */
const written: [string, (text: string) => string][] = [
  ['plain', (text) => `before ${text} after`],
  ['JSON', (text) => JSON.stringify({ text })],
  ['JSON in JSON', (text) => JSON.stringify(JSON.stringify({ text }))],
  ['JSON in JSON in JSON', (text) => JSON.stringify(JSON.stringify(JSON.stringify({ text })))],
  ['a query', (text) => `?text=${encodeURIComponent(text)}&more`],
  ['a form', (text) => new URLSearchParams({ text, more: '1' }).toString()],
  ['hex', (text) => Buffer.from(`-${text}-`).toString('hex')],
  ...['', '1', '12', '123'].map((before): [string, (text: string) => string] => [
    `base64 after ${before.length}`,
    (text) => Buffer.from(`${before}${text} and more`).toString('base64'),
  ]),
  ['base64url', (text) => Buffer.from(`{"a":"${text}"}`).toString('base64url')],
];

describe.each([odd, 'hp_sa_0123456789abcdef_-_-_', '57b1f5d0-0a4e-4f55-8a1f-7d2f6b1a9c3e'])('%s', (text) => {
  const needles = new Needles<string>();
  for (const [label, encoded] of encodingsOf(text)) needles.add(label, encoded);

  it.each(written)('is found in %s', (_, write) => {
    expect([...needles.in(Buffer.from(write(text)))].length).toBeGreaterThan(0);
  });

  it('is not found where a character in it differs', () => {
    const other = `${text.slice(0, 10)}%${text.slice(11)}`;
    for (const [, write] of written) expect([...needles.in(Buffer.from(write(other)))]).toEqual([]);
  });
});

it('is found as Python writes JSON', () => {
  const needles = new Needles<string>();
  for (const [label, encoded] of encodingsOf(odd)) needles.add(label, encoded);
  expect([...needles.in(Buffer.from(python))]).not.toEqual([]);
});

it('texts that would be found by chance are refused', () => {
  expect(() => new Needles().add('short', 'abc')).toThrow('too short');
});
