/** The person whom an agent acts for, as the agent names them; and when two names are one. */

import { InvalidInput } from './errors.ts';

/**
 * Without what stands around a name: `Ada <ada@example.com>` and `mailto:ada@example.com` are `ada@example.com`.
 * Throws InvalidInput (`on_behalf_of`) where nothing is left.
 */
export function behalfOf(given: string): string {
  const inner = /<([^<>]*)>\s*$/u.exec(given)?.[1] ?? given;
  const [, scheme, rest = ''] = /^\s*(mailto:)?(.*)$/isu.exec(inner) ?? [];
  const name = (scheme ? decoded(rest.split('?')[0] as string) : rest).trim();
  if (sameName(name, '')) throw new InvalidInput('Say whom you act for, or leave it out.', { field: 'on_behalf_of' });
  return name;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Whether two names are one to whoever reads them: case, ways of writing a letter, and what can't be seen don't count. */
export const sameName = (one: string, other: string): boolean => plain(one) === plain(other);

const plain = (name: string): string =>
  name
    .normalize('NFKC')
    .replace(/[\p{Default_Ignorable_Code_Point}\p{Cc}\s]+/gu, '')
    .toLowerCase();
