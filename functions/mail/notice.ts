/** A message that only tells: what happened to something its reader was asked or had to do with. */

import type { IntentState } from '../../core/model.ts';
import type { Notice, NoticeKind } from '../../core/rules/notice.ts';
import { cut, type Message, oneLine, unlinked, withinFact } from './message.ts';

const words: Record<NoticeKind, (notice: Notice) => string> = {
  reassigned: ({ by, to }) => `${by} handed this over to ${to ?? 'somebody else'}. You are not asked any more.`,
  taken_back: ({ by }) => `${by} has taken this back. You are not asked any more.`,
  declined: ({ by, to }) => `${by} declined. It is with ${to ?? 'nobody'} now.`,
  recalled: ({ by }) => `${by} has withdrawn this. Nothing is to be decided any more.`,
  taken_over: ({ by }) => `${by} has taken this over. You are not asked any more.`,
  in_hands: ({ by }) => `${by} decides this now, in the place of whoever was asked.`,
  frozen: ({ by }) => `${by} has frozen this, in an emergency. An operator ends it by hand.`,
  overdue: () => 'Nobody decided this in time: operators are asked how it ends. You are not asked any more.',
  notified: ({ by }) => `${by} lets you know how far its work is.`,
  overridden: ({ by }) => `${by} has taken this over and ended it by hand.`,
};

/** Holds no link: what it is about can't be changed by its reader. */
export function noticeFor({ head, plan, task }: IntentState, notice: Notice): Message {
  const lead = unlinked(oneLine(words[notice.what](notice)));
  const about = notice.about ?? plan?.plan.objective ?? task?.description ?? '';
  const facts: [string, string][] = [
    ['Request', about],
    ['Asked by', head.from],
    ...(notice.note === undefined ? [] : [['In their words', notice.note] as [string, string]]),
  ].map(([label = '', value = '']) => [label, unlinked(oneLine(withinFact(value)))]);
  return {
    subject: `For your information: ${cut(unlinked(oneLine(notice.about ?? task?.title ?? '')) || 'a task')}`,
    lead,
    facts,
    closing: 'There is nothing for you to do.',
  };
}
