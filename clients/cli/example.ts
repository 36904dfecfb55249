/** Examples of this repository stand in a folder of their own, and are written for another place: here is how one comes there. */

import { dirname, join, relative } from 'node:path';

const importOf = /(from '|import\(')(\.[^']+)(')/g;

/**
 * The text of an example's file as it would stand in a deployment: its imports of the product start from the place that
 * its folder names (`examples/credit/intents/credit.ts` → `intents/credit.ts`). `path` is from the repository's root.
 */
export function placed(path: string, text: string): string {
  const example = path.split('/').slice(0, 2).join('/');
  const place = relative(example, path);
  return text.replace(importOf, (_, before: string, target: string, after: string) => {
    const from = join(dirname(path), target);
    const to = from.startsWith(`${example}/`) ? relative(example, from) : from;
    const moved = relative(dirname(place), to);
    return `${before}${moved.startsWith('.') ? moved : `./${moved}`}${after}`;
  });
}
