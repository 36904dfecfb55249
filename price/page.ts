/** The part of docs/cost.md that the command writes. */

import { join } from 'node:path';
import cdk from 'aws-cdk-lib/package.json' with { type: 'json' };
import manifest from '../package.json' with { type: 'json' };

export const path = join(import.meta.dirname, '..', 'docs', 'cost.md');

const begin = '<!-- from here: npm run price -->';
const end = '<!-- to here -->';

/** When and with what the tables were made: the first paragraph. */
export const madeOf = (now: Date): string =>
  `Made on ${now.toISOString().slice(0, 10)} with Holdpoint ${manifest.version}, Node ${process.versions.node}, CDK ${cdk.version}.`;

/** What stands between the markers, without its first paragraph. Throws where a page has none. */
export function between(page: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error('The page has no markers.');
  const [, ...text] = page
    .slice(from + begin.length, to)
    .trim()
    .split('\n\n');
  return text.join('\n\n');
}

export function insert(page: string, made: string, text: string): string {
  const rest = page.slice(page.indexOf(end));
  between(page);
  return `${page.slice(0, page.indexOf(begin) + begin.length)}\n\n${made}\n\n${text}\n\n${rest}`;
}
