/** News for somebody concerned: a message without any link, since nothing is to be decided by it. */

import type { Change } from '../commit.ts';
import type { IntentState, Task } from '../model.ts';
import { person, personal } from '../personal.ts';
import type { Context } from '../ports.ts';
import { dueIn, existing, stepGraceSeconds, system } from './common.ts';
import type { Sent } from './link.ts';

/** What happened; the words are in functions/mail/notice.ts. */
export const noticeKinds = [
  'reassigned',
  'taken_back',
  'declined',
  'recalled',
  'taken_over',
  'in_hands',
  'frozen',
  'overdue',
  'overridden',
  'notified',
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
  /** What it is about, where that is no task. */
  about?: string;
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

/** What became of a notice; `row` owes it. `mail`: the person's address. */
interface Informing {
  row: string;
  taskId: string;
  personId: string;
  mail: string;
  what: NoticeKind;
}

/** A notice was accepted, or never will be (`sent` is absent): it is no longer owed, and the record says so. Throws NotFound. */
export function informed(
  given: IntentState | undefined,
  { row, taskId, personId, mail, what }: Informing,
  sent?: Sent,
): Change<null> {
  existing(given);
  const of = (places: readonly string[]) => places.map((place) => personal(personId, place));
  const { to = [mail], failed = [], messageId } = sent ?? { to: [], failed: [mail] };
  return {
    command: `informed:${row}`,
    action: sent ? 'person.informed' : 'person.not_informed',
    actor: system('mail'),
    head: {},
    events: [],
    data: {
      task_id: taskId,
      person: person(personId),
      what,
      sent_to: of(to),
      ...(failed.length === 0 ? {} : { failed: of(failed) }),
      ...(messageId === undefined ? {} : { message_id: messageId }),
    },
    settled: [row],
    result: null,
  };
}
