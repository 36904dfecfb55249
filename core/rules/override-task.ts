/** The operators' task of a frozen intent: who is asked, what they are asked, how long. */

import { oneOf } from '../chain.ts';
import type { Directory, Person } from '../directory.ts';
import { frozenText, toolCalled } from '../erase.ts';
import { InvalidInput, PolicyDenied } from '../errors.ts';
import type { FormGroup } from '../form-schema.ts';
import type { IntentType } from '../intent-type.ts';
import type { JsonObject } from '../json.ts';
import { compileLadder, type Rung } from '../ladder.ts';
import type { IntentState, Task } from '../model.ts';
import type { Context } from '../ports.ts';
import { subjectHashOf, takeoverIdOf } from '../revision.ts';
import { defaultLevel, type Level, merged } from '../service-level.ts';
import { outcomesOf } from '../tasks.ts';
import { concernedIn } from './concerned.ts';
import { askedIn, requesterOf, stepOf } from './steps.ts';

/** Who takes over, where the intent's type names no other role. */
const operatorsRole = 'operators';

export const overrideRoleOf = (type: IntentType): string => type.task.overrideRole ?? operatorsRole;

/** Who may freeze an intent of this type: whoever would be asked to end it. Throws PolicyDenied. */
export function freezer(name: string, type: IntentType | undefined, directory: Directory): Person {
  const role = type ? overrideRoleOf(type) : operatorsRole;
  const person = directory.find(name);
  if (!person) throw new PolicyDenied(`The directory knows no ${name}.`);
  if (!person.roles.includes(role)) throw new PolicyDenied(`${person.id} does not hold the role ${role}.`);
  return person;
}

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
  const { head, task, plan, request, notes, effect } = state;
  if (!request) throw new TypeError('a takeover needs the request');
  const role = overrideRoleOf(type);
  const chain = oneOf(role);
  const requester = requesterOf(state, directory);
  // Whoever the agent names has no say here.
  const { request: _, ...unnamed } = state;
  const { approvers } = askedIn(stepOf({ chain, step: 0 }), unnamed, type, directory, [], context.now);
  const { by, reason } = notes?.[freezeNote] ?? {};
  const revision = head.revision ?? 1;
  return {
    taskId: takeoverIdOf(head.intentId),
    type: 'override',
    takeover: true,
    concerned: concernedIn(state),
    ...(task?.token === undefined ? {} : { replaces: { taskId: task.taskId, token: task.token } }),
    status: 'open',
    revision,
    rounds: 1,
    priority: 'urgent',
    title: `Takeover: ${type.title}`,
    description: `${frozenText(String(by), String(reason))}${effect ? `${toolCalled}${effect.tool} was called before: ${effect.state}.` : ''}`,
    outcomes: outcomesOf('override').map(({ name }) => name),
    commentRequired: true,
    asks: takeoverForm,
    chain,
    step: 0,
    role,
    approvers,
    ignored: [],
    why: [{ id: type.type, reason: 'emergency_takeover', says: 'An operator froze this: nothing more is executed.' }],
    risk: 'high',
    subjectHash: subjectHashOf(request, plan, revision),
    ...(requester === undefined ? {} : { requester }),
    ladder: overrideLadder(context.now),
    rung: 0,
    openedAt: context.now,
    votes: [],
    links: {},
  };
}
