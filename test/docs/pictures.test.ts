/** The documents' pictures: each is there, small, shown with words for who can't see it, and made by a test. */

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { maxPictureBytes, pictures } from '../browser/pictures.ts';
import { documents, textOf } from './markdown.ts';

const images = join(import.meta.dirname, '../../docs/images');

it.each(pictures)('$name is shown in docs/approvals.md, with its description', ({ name }) => {
  const alt = new RegExp(`!\\[([^\\]]+)\\]\\(images/${name}\\.png\\)`).exec(textOf('docs/approvals.md'))?.[1];
  expect(alt?.length ?? 0).toBeGreaterThan(40);
  expect(statSync(join(images, `${name}.png`)).size).toBeLessThan(maxPictureBytes);
});

it('no picture lies around that no test makes, or no document shows', () => {
  const made = pictures.map(({ name }) => `${name}.png`);
  expect(readdirSync(images).toSorted()).toEqual(made.toSorted());
  const shown = documents.flatMap((path) => [...textOf(path).matchAll(/\]\((?:docs\/)?images\/([\w-]+\.png)\)/g)]);
  expect(new Set(shown.map(([, file]) => file))).toEqual(new Set(made));
});
