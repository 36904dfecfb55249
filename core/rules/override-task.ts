/** The operators' task of a frozen intent: who is asked, what they are asked, how long. */

import { oneOf } from '../chain.ts';
import type { Directory } from '../directory.ts';
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
import { askedIn, requesterOf, stepOf } from './steps.ts';

/** Who takes over, where the intent's type names no other role. */
const operatorsRole = 'operators';

export const overrideRoleOf = (type: IntentType): string => type.task.overrideRole ?? operatorsRole;

/** An emergency is looked at sooner than a request, and an intent's own deadline does not cut it short. */
const level: Level = merged(defaultLevel, 'task_type', {
  remind: { afterSeconds: 3600 },
  escalate: [],
  expire: { afterSeconds: 24 * 3600 },
});

export const overrideLadder = (from: string): Rung[] => compileLadder(from, level);

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
export const awaitsOperators = ({ head, task }: IntentState): boolean => head.frozen === true && !task?.takeover;

/** Takes the place of any other task. Throws TerminalError `no_approver`, `too_many_approvers`. */
export function overrideTask(state: IntentState, type: IntentType, directory: Directory, context: Context): Task {
  const { head, task, notes, effect } = state;
  const role = overrideRoleOf(type);
  const chain = oneOf(role);
  const requester = requesterOf(state, directory);
  // Whoever the agent names has no say here.
  const { request: _, ...unnamed } = state;
  const { approvers } = askedIn(stepOf({ chain, step: 0 }), unnamed, type, directory, [], context.now);
  const { by, reason } = notes?.[freezeNote] ?? {};
  const revision = head.revision ?? 1;
  const takeover = {
    taskId: takeoverIdOf(head.intentId),
    type: 'override' as const,
    takeover: true as const,
    concerned: [
      ...new Set([...(task?.approvers ?? []), ...(task?.votes ?? []).map((vote) => vote.by)].map(({ id }) => id)),
    ],
    ...(task?.token === undefined ? {} : { replaces: { taskId: task.taskId, token: task.token } }),
    status: 'open' as const,
    revision,
    rounds: 1,
    priority: 'urgent' as const,
    title: `Takeover: ${type.title}`,
    description: `Frozen by ${by}: ${reason}${effect ? `\nThe tool ${effect.tool} was called before: ${effect.state}.` : ''}`,
    outcomes: outcomesOf('override').map(({ name }) => name),
    commentRequired: true,
    asks: takeoverForm,
    chain,
    step: 0,
    role,
    approvers,
    ignored: [],
    why: [{ id: type.type, reason: 'emergency_takeover', says: 'An operator froze this: nothing more is executed.' }],
    risk: 'high' as const,
    ...(requester === undefined ? {} : { requester }),
    ladder: overrideLadder(context.now),
    rung: 0,
    openedAt: context.now,
    votes: [],
    links: {},
  };
  return withSubject(state, takeover, context.newId);
}
