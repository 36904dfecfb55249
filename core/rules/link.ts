/** Links: made where mail is sent, activated when the mail was accepted, replaced by the next one. */

import type { Change, Done } from '../commit.ts';
import { isTerminal } from '../lifecycle.ts';
import type { IntentState, Link, Task, Told } from '../model.ts';
import { person, personal } from '../personal.ts';
import type { Context } from '../ports.ts';
import type { LevelSource } from '../service-level.ts';
import { deadlineOf, existing, system } from './common.ts';
import { pendingIn } from './steps.ts';

export interface MailOrder {
  linkId: string;
  taskId: string;
  personId: string;
  /** The step of the chain that it asks for; of a row from before steps were kept in it, whichever is the present one. */
  step?: number;
  why: (typeof mailReasons)[number];
  /** The rung of the ladder that asks for it, from 1, and who declared it. */
  rung?: number;
  level?: LevelSource;
  /** The digest's time (epoch ms) that it was collected for. */
  digest?: number;
}

/** Why somebody is mailed a link. */
export const mailReasons = ['assigned', 'reminder', 'final', 'escalated'] as const;

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
  // Whoever is asked again has a mail of that step.
  if (order.step !== undefined && order.step < state.task.step) return undefined;
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

/** How many of a task's messages are kept with it; the records have all. */
const maxTold = 100;

/** By what a place is reached: `mail`, `slack`, …; never the place itself. */
const channelOf = (place: string): string => (place.includes('@') ? 'mail' : (place.split(':')[0] ?? ''));

/** With one message more that was accepted. */
function toldOf(task: Task, link: Link, { why, to, messageId, digestId }: Accepted, at: string): Told[] {
  const { personId } = link;
  const name = task.approvers.find((one) => one.id === personId)?.name ?? personId;
  const by = [...new Set((to ?? [link.mail]).map(channelOf))];
  const told: Told = { personId, name, at, why, by, messageId, ...(digestId === undefined ? {} : { digest: true }) };
  return [...(task.told ?? []), told].slice(-maxTold);
}

/** `digestId`: of the digest that listed it. */
type Accepted = { link: Link; row: string; digestId?: string } & Pick<MailOrder, 'why' | 'rung' | 'level'> & Sent;

const accepted = (link: Link, { to }: Sent, { now }: Context): Link => ({
  ...link,
  acceptedAt: now,
  ...(to ? { sentTo: to } : {}),
});

/** The mail was accepted: this link becomes the approver's current one, the one before it is replaced. */
export function mailAccepted(
  given: IntentState | undefined,
  sent: Accepted,
  context: Context,
): Change<null> | Done<null> {
  const { head, task, link: stored } = existing(given);
  const { link } = sent;
  // By the stored row: a mail that is sent again keeps the link it was first made with.
  if (task?.taskId !== link.taskId || (stored ?? link).step < task.step)
    return overtaken(stored ?? link, sent, context);
  if (task.links[link.personId] === link.hash) return { done: null };
  const current = task.links[link.personId];
  // A mail that is delivered again after a newer one is itself the newest: its link lives again.
  const { replacedAt: _, ...live } = stored ?? link;
  const isOver = isTerminal(head.status) || task.status !== 'open';
  return {
    ...notified(sent),
    writes: {
      task: {
        ...task,
        links: { ...task.links, [link.personId]: link.hash },
        told: toldOf(task, link, sent, context.now),
      },
      // As it is stored now: the approver may have used it before the mail's answer came.
      ...(stored?.usedAt ? {} : { link: accepted(live, sent, context) }),
      ...(current === undefined || isOver ? {} : { replacedLink: current }),
    },
  };
}

/** While it was sent, its revision or its step was over: the mail went out, and its link leads nowhere. */
const overtaken = (link: Link, sent: Accepted, context: Context): Change<null> | Done<null> =>
  link.acceptedAt === undefined
    ? { ...notified(sent), writes: link.usedAt ? {} : { link: accepted(link, sent, context) } }
    : { done: null };

const notified = (sent: Accepted): Omit<Change<null>, 'writes'> => {
  const { link, row, why, rung, level, to, failed, messageId, digestId } = sent;
  return {
    command: `mailed:${link.linkId}`,
    action: 'approver.notified',
    actor: system('mail'),
    head: {},
    events: [],
    data: {
      task_id: link.taskId,
      person: person(link.personId),
      sent_to: (to ?? [link.mail]).map((place) => personal(link.personId, place)),
      ...(failed?.length ? { failed: failed.map((place) => personal(link.personId, place)) } : {}),
      why,
      ...(rung === undefined ? {} : { rung }),
      ...(level === undefined ? {} : { level }),
      subject_hash: link.subjectHash,
      message_id: messageId,
      ...(digestId === undefined ? {} : { digest: digestId }),
    },
    settled: [row],
    result: null,
  };
};
