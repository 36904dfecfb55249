/** A mail to an approver came back for good: others are asked at once, not when the ladder says so. */

import type { Change, Done } from '../commit.ts';
import type { Directory } from '../directory.ts';
import { sha256 } from '../hash.ts';
import { isTerminal } from '../lifecycle.ts';
import type { Approver, IntentState, Task, Unreachable } from '../model.ts';
import { person, personal } from '../personal.ts';
import type { Context } from '../ports.ts';
import { system } from './common.ts';
import { mailRow } from './escalate.ts';
import { escalateTask, type Target } from './escalation.ts';
import { escalatedEvent, recordedOf } from './rung.ts';
import { pendingIn, sameMail } from './steps.ts';

export interface FailedMail {
  taskId: string;
  /** Whom it was for, as `markOf` has it. */
  mark: string;
  why: Unreachable['why'];
  /** The address that failed. */
  mail: string;
  /** The mail provider's id of the mail. */
  messageId: string;
}

/** What stands for a person where no id may stand: in what a mail provider keeps. */
export const markOf = (personId: string): string => sha256(personId).slice(0, 32);

/**
 * Marks the approver as unreachable and escalates to whom the ladder's next escalation names. The rung itself still comes.
 * Nothing where they are not waited for any more, were told by a chat as well, or are known to be unreachable; so an event that comes again is one.
 */
export function undeliverable(
  given: IntentState | undefined,
  failed: FailedMail,
  directory: Directory,
  context: Context,
): Change<null> | Done<null> {
  const { head, task } = given ?? {};
  const open = head && !isTerminal(head.status) && task?.status === 'open' && task.taskId === failed.taskId;
  const who = open && pendingIn(task).find(({ id }) => markOf(id) === failed.mark);
  if (who && wasToldOtherwise(task, who)) return { done: null };
  if (!given || !open || !who || sameMail(task.unreachable?.[who.id]?.mail ?? '', failed.mail)) return { done: null };

  const mark: Unreachable = { mail: failed.mail, why: failed.why, at: context.now };
  const marked = { ...task, unreachable: { ...task.unreachable, [who.id]: mark } };
  const next = task.ladder.findIndex((rung, i) => i >= task.rung && rung.do === 'escalate');
  const rung = task.ladder[next];
  const target: Target = rung?.do === 'escalate' ? rung : { how: 'adds' };
  const escalated = escalateTask({ ...given, task: marked }, target, directory, context.now, [who]);
  const policy = rung ? { rung: next + 1, ...(rung.from ? { level: rung.from } : {}) } : {};
  return {
    command: `undeliverable:${failed.messageId}`,
    action: 'approver.unreachable',
    actor: system('mail'),
    head: {},
    events:
      escalated.added.length > 0 ? [escalatedEvent(escalated.task, escalated, { reason: `mail_${failed.why}` })] : [],
    data: {
      task_id: task.taskId,
      person: person(who.id),
      mail: personal(who.id, failed.mail),
      why: failed.why,
      message_id: failed.messageId,
      ...policy,
      ...recordedOf(escalated),
    },
    writes: { task: escalated.task },
    owed: escalated.added.map((to) => mailRow(task, to, 'escalated', context, policy)),
    result: null,
  };
}

/** Whoever a chat has told as well as the mail is reached all the same. */
const wasToldOtherwise = ({ told = [] }: Task, { id }: Approver): boolean =>
  told.findLast(({ personId }) => personId === id)?.by.some((channel) => channel !== 'mail') ?? false;
