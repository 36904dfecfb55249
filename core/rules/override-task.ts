/** The operators' task of an intent that was frozen, or that nobody decided in time: who is asked, what they are asked, how long. */

import { oneOf } from '../chain.ts';
import type { Directory } from '../directory.ts';
import { frozenText, toolCalled } from '../erase.ts';
import { InvalidInput } from '../errors.ts';
import type { FormGroup } from '../form-schema.ts';
import type { IntentType } from '../intent-type.ts';
import type { JsonObject } from '../json.ts';
import { compileLadder, type Rung } from '../ladder.ts';
import type { IntentState, Task } from '../model.ts';
import type { Context } from '../ports.ts';
import { takeoverIdOf } from '../revision.ts';
import { defaultLevel, type Level, merged } from '../service-level.ts';
import { withSubject } from '../subject.ts';
import { outcomesOf } from '../tasks.ts';
import { concernedIn, maxToldLater } from './concerned.ts';
import { type Notice, noticeRow } from './notice.ts';
import { askedIn, pendingIn, requesterOf, stepOf } from './steps.ts';

/** Who takes over, where the intent's type names no other role. */
const operatorsRole = 'operators';

export const overrideRoleOf = (type: IntentType): string => type.task.overrideRole ?? operatorsRole;

type Asking = Pick<IntentState, 'head' | 'task'>;

/** An emergency is looked at sooner than a request. It ends by failing. */
const level: Level = merged(defaultLevel, 'task_type', {
  remind: { afterSeconds: 3600 },
  escalate: [],
  expire: { afterSeconds: 24 * 3600 },
});

/** An intent's own deadline cuts it short where nobody decided in time, and not in an emergency. */
export const overrideLadder = (state: Asking, from: string): Rung[] =>
  compileLadder(from, level, isOverdue(state) ? { deadlineAt: state.head.deadlineAt } : {});

/** Until when a run waits for operators who are not asked yet. */
export const operatorsWait = (state: Asking, from: string): string => overrideLadder(state, from)[0]?.at ?? from;

const emergency = { reason: 'emergency_takeover', says: 'An operator froze this: nothing more is executed.' };
const nobodyDecided = { reason: 'nobody_decided', says: 'Nobody decided this in time: nothing more is executed.' };

/** The note that keeps who froze an intent, and why. */
export const freezeNote = 'OVERRIDE';

/** How it ends, and what was done. Neither is `required`: a rejection needs neither. */
const takeoverForm: FormGroup = {
  type: 'object',
  properties: {
    how: { type: 'string', title: 'How does it end?', enum: ['completed', 'canceled'] },
    done: {
      type: 'string',
      title: 'What was done by hand',
      description: 'Needed where it is completed.',
      maxLength: 2000,
    },
  },
};

/** Throws InvalidInput with the places of what is missing. */
export function checkTakeover(data: JsonObject = {}): void {
  const fields = {
    ...(data.how === undefined ? { '/how': 'This is needed.' } : {}),
    ...(data.how === 'completed' && String(data.done ?? '').trim() === '' ? { '/done': 'Say what was done.' } : {}),
  };
  if (Object.keys(fields).length > 0) throw new InvalidInput('Look at the marked fields.', { field: 'data', fields });
}

/** Whether the operators have still to be asked. */
export const awaitsOperators = ({ head, task }: Asking): boolean => head.frozen === true && !task?.takeover;

/** Whether they have still to be asked, or are, because nobody decided in time. */
export const isOverdue = ({ head, task }: Asking): boolean =>
  head.frozen === true && (task?.takeover === 'overdue' || (task?.status === 'expired' && !task.takeover));

/** Whoever is still asked hears that they are not any more. */
export const toldOff = (task: Task, notice: Notice, context: Context) =>
  pendingIn(task).map(({ id }) => noticeRow(task, id, notice, context));

/** Takes the place of any other task. Throws TerminalError `no_approver`, `too_many_approvers`. */
export function overrideTask(state: IntentState, type: IntentType, directory: Directory, context: Context): Task {
  const { head, task, notes, effect } = state;
  const role = overrideRoleOf(type);
  const chain = oneOf(role);
  const requester = requesterOf(state, directory);
  // Whoever the agent names has no say here.
  const { request: _, ...unnamed } = state;
  const { approvers } = askedIn(stepOf({ chain, step: 0 }), unnamed, type, directory, [], context.now);
  const overdue = isOverdue(state);
  const { by, reason } = notes?.[freezeNote] ?? {};
  const because = overdue ? `Nobody decided in time: ${task?.title}` : frozenText(String(by), String(reason));
  const revision = head.revision ?? 1;
  const takeover = {
    taskId: takeoverIdOf(head.intentId),
    type: 'override' as const,
    takeover: overdue ? ('overdue' as const) : (true as const),
    concerned: concernedIn(state, maxToldLater),
    // The run of what was frozen was fenced off, and still waits; whose ladder ended is the run that asks now.
    ...(task?.token === undefined || overdue ? {} : { replaces: { taskId: task.taskId, token: task.token } }),
    status: 'open' as const,
    revision,
    rounds: 1,
    priority: 'urgent' as const,
    title: `Takeover: ${type.title}`,
    description: `${because}${effect ? `${toolCalled}${effect.tool} was called before: ${effect.state}.` : ''}`,
    outcomes: outcomesOf('override').map(({ name }) => name),
    commentRequired: true,
    asks: takeoverForm,
    chain,
    step: 0,
    role,
    approvers,
    ignored: [],
    why: [{ id: type.type, ...(overdue ? nobodyDecided : emergency) }],
    risk: 'high' as const,
    ...(requester === undefined ? {} : { requester }),
    ladder: overrideLadder(state, context.now),
    rung: 0,
    openedAt: context.now,
    votes: [],
    links: {},
  };
  return withSubject(state, takeover, context.newId);
}
