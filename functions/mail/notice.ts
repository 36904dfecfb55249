/** A message that only tells: what happened to something its reader was asked or had to do with. */

import { html } from 'hono/html';
import type { IntentState } from '../../core/model.ts';
import type { Notice, NoticeKind } from '../../core/rules/notice.ts';
import { cut, type Message, oneLine, shortened, unlinked } from './message.ts';

const words: Record<NoticeKind, (notice: Notice) => string> = {
  reassigned: ({ by, to }) => `${by} handed this over to ${to ?? 'somebody else'}. You are not asked any more.`,
  declined: ({ by, to }) => `${by} declined. It is with ${to ?? 'nobody'} now.`,
  recalled: ({ by }) => `${by} has withdrawn this. Nothing is to be decided any more.`,
  taken_over: ({ by }) => `${by} has taken this over. You are not asked any more.`,
  overridden: ({ by }) => `${by} has ended this by hand, in an emergency takeover.`,
};

/** Holds no link: what it is about can't be changed by its reader. */
export function noticeFor({ head, plan, task }: IntentState, notice: Notice): Message {
  const lead = unlinked(oneLine(words[notice.what](notice)));
  const about = plan?.plan.objective ?? task?.description ?? '';
  const facts: [string, string][] = [
    ['Request', about],
    ['Asked by', head.from],
    ...(notice.note === undefined ? [] : [['In their words', notice.note] as [string, string]]),
  ].map(([label = '', value = '']) => [label, unlinked(oneLine(shortened(value)))]);
  return {
    subject: `For your information: ${cut(unlinked(oneLine(task?.title ?? '')) || 'a task')}`,
    text: [lead, '', ...facts.map(([label, value]) => `${label}: ${value}`), '', nothingToDo, ''].join('\n'),
    html: String(html`<!doctype html><html lang="en"><body style="font-family:system-ui,sans-serif;line-height:1.5">
<p>${lead}</p>
<table cellpadding="0" cellspacing="0">${facts.map(
      ([label, value]) =>
        html`<tr><td style="padding:2px 16px 2px 0;vertical-align:top">${label}:</td><td>${value}</td></tr>`,
    )}</table>
<p>${nothingToDo}</p>
</body></html>`),
  };
}

const nothingToDo = 'There is nothing for you to do.';
