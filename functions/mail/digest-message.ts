/** What a digest says: of each task in a few lines what an ordinary mail says at length, and one neutral link. */

import type { MailOrder } from '../../core/rules/link.ts';
import type { Shown } from '../../core/shown.ts';
import { shortened } from '../../core/text.ts';
import type { ToolContract } from '../../core/tools.ts';
import { closingFor, type Entry, inBrief, type Message, type Reader, titleOf } from './message.ts';

/** Longest fact, characters: fifty tasks fit into what mail programs show of one mail. */
const maxFactLength = 300;

/** One task of a digest; `link`: the whole address of its page. */
export function entryFor(
  state: Shown,
  link: string,
  contracts: readonly ToolContract[],
  why: MailOrder['why'],
  reader: Reader = {},
): Entry {
  const title = titleOf(state);
  return {
    title: why === 'reminder' ? `Reminder: ${title}` : title,
    facts: inBrief(state, contracts, reader).map(([label, value]) => [label, shortened(value, maxFactLength)]),
    link,
  };
}

/** One mail of many tasks. */
export const digestMessage = (entries: readonly Entry[]): Message => {
  const many = entries.length > 1;
  return {
    subject: `Daily digest: ${many ? `${entries.length} tasks wait` : 'one task waits'} for you`,
    lead: many
      ? `Agents ask for your decision on ${entries.length} tasks of low priority. Each has a link of its own.`
      : 'An agent asks for your decision on a task of low priority.',
    facts: [],
    entries,
    closing: closingFor(many),
  };
};
