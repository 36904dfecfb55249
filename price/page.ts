/** The part of docs/cost.md that the command writes. */

import { join } from 'node:path';

export const path = join(import.meta.dirname, '..', 'docs', 'cost.md');

const begin = '<!-- npm run price -- --write: from here -->';
const end = '<!-- to here -->';

/** What stands between the markers. Throws where a page has none. */
export function between(page: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error('The page has no markers.');
  return page.slice(from + begin.length, to).trim();
}

export function insert(page: string, text: string): string {
  const rest = page.slice(page.indexOf(end));
  between(page);
  return `${page.slice(0, page.indexOf(begin) + begin.length)}\n\n${text}\n\n${rest}`;
}
