/** Links: made where mail is sent, activated when the mail was accepted, replaced by the next one. */

import type { Change, Done } from '../commit.ts';
import { isTerminal } from '../lifecycle.ts';
import type { IntentState, Link } from '../model.ts';
import { person, personal } from '../personal.ts';
import type { Context } from '../ports.ts';
import { deadlineOf, existing, system } from './common.ts';
import { pendingIn } from './steps.ts';

export interface MailOrder {
  linkId: string;
  taskId: string;
  personId: string;
  why: 'assigned' | 'reminder';
}

/** What became of a message: its ids, where it was accepted, and where not. */
export interface Sent {
  messageId: string;
  /** Default: the link's mail address. */
  to?: string[];
  failed?: string[];
}

/** To whom a link was sent, in words for people and records. */
export const sentTo = ({ mail, sentTo: places }: Pick<Link, 'mail' | 'sentTo'>): string =>
  (places ?? [mail]).join(', ');

/** The link of one mail, or nothing where the task needs no mail any more. `hash` is that of the link's secret. */
export function linkFor(state: IntentState | undefined, order: MailOrder, hash: string, now: string): Link | undefined {
  if (
    !state?.task ||
    state.task.taskId !== order.taskId ||
    state.task.status !== 'open' ||
    isTerminal(state.head.status)
  )
    return undefined;
  const to = pendingIn(state.task).find((a) => a.id === order.personId);
  if (!to) return undefined;
  return {
    tenant: state.head.tenant,
    intentId: state.head.intentId,
    hash,
    linkId: order.linkId,
    taskId: order.taskId,
    personId: to.id,
    mail: to.mail,
    subjectHash: state.task.subjectHash,
    step: state.task.step,
    createdAt: now,
    expiresAt: deadlineOf(state.task),
  };
}

/** The mail was accepted: this link becomes the approver's current one, the one before it is replaced. */
export function mailAccepted(
  given: IntentState | undefined,
  sent: { link: Link; row: string; why: MailOrder['why'] } & Sent,
  context: Context,
): Change<null> | Done<null> {
  const { head, task, link: stored } = existing(given);
  const { link } = sent;
  if (!task || task.links[link.personId] === link.hash) return { done: null };
  const current = task.links[link.personId];
  // A mail that is delivered again after a newer one is itself the newest: its link lives again.
  const { replacedAt: _, ...live } = stored ?? link;
  const overtaken = isTerminal(head.status) || task.status !== 'open';
  return {
    command: `mailed:${link.linkId}`,
    action: 'approver.notified',
    actor: system('mail'),
    head: {},
    events: [],
    data: {
      task_id: task.taskId,
      person: person(link.personId),
      sent_to: (sent.to ?? [link.mail]).map((place) => personal(link.personId, place)),
      ...(sent.failed?.length ? { failed: sent.failed.map((place) => personal(link.personId, place)) } : {}),
      why: sent.why,
      subject_hash: link.subjectHash,
      message_id: sent.messageId,
    },
    writes: {
      task: { ...task, links: { ...task.links, [link.personId]: link.hash } },
      // As it is stored now: the approver may have used it before the mail's answer came.
      ...(stored?.usedAt
        ? {}
        : { link: { ...live, acceptedAt: context.now, ...(sent.to ? { sentTo: sent.to } : {}) } }),
      ...(current === undefined || overtaken ? {} : { replacedLink: current }),
    },
    settled: [sent.row],
    result: null,
  };
}
