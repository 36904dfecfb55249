/** News for somebody concerned: a message without any link, since nothing is to be decided by it. */

import type { Change } from '../commit.ts';
import type { Task } from '../model.ts';
import type { Context } from '../ports.ts';
import { dueIn, stepGraceSeconds } from './common.ts';

/** What happened; the words are in functions/mail/notice.ts. */
export const noticeKinds = [
  'reassigned',
  'taken_back',
  'declined',
  'recalled',
  'taken_over',
  'overdue',
  'overridden',
] as const;
export type NoticeKind = (typeof noticeKinds)[number];

export interface Notice {
  what: NoticeKind;
  /** Name of who did it. */
  by: string;
  /** Name of whom it is with now, if with anybody. */
  to?: string;
  /** Their words. */
  note?: string;
}

/** One message owed to one person of the directory; whoever has left it by then is told nothing. */
export const noticeRow = (
  { taskId }: Pick<Task, 'taskId'>,
  personId: string,
  notice: Notice,
  context: Context,
): NonNullable<Change<unknown>['owed']>[number] => ({
  key: `mail#notice#${context.newId()}`,
  kind: 'mail',
  dueAt: dueIn(context.now, stepGraceSeconds),
  body: { taskId, personId, notice: { ...notice } },
});
