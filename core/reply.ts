/** The answer that an intent owes to an agent once it has ended, whichever rule ends it. */

import type { OutboxRow } from './model.ts';

/** Milliseconds until an entry that is not in its mailbox yet is overdue. */
export const deliverGraceMs = 60_000;

export const replyRow = (now: string): Omit<OutboxRow, 'traceId' | 'attempts'> => ({
  key: 'deliver#reply',
  kind: 'deliver',
  dueAt: Date.parse(now) + deliverGraceMs,
  body: { reply: true },
});
