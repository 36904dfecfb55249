/** What an intent has asked, for asking it again. */

import { takeoverIdOf } from '../../core/revision.ts';
import { outcomesOf, taskTypeOf } from '../../core/tasks.ts';
import type { Intent, NewIntent } from '../sdk/index.ts';
import { Refused } from './outcome.ts';

type HumanTask = NonNullable<NewIntent['human_task']>;

/** Of what the API tells of a task, all that says what was asked. */
interface Told {
  task_id: string;
  task_type: string;
  title: string;
  description: string;
  allowed_outcomes: string[];
  required_comment: boolean;
  priority: HumanTask['priority'];
  /** Where it could be sent back. */
  rounds?: number;
  /** Of a form, or the form of a question. */
  form_schema?: HumanTask['form_schema'];
}

/** Longest description that an agent can have given, characters: a longer one was made of the payload. */
const maxDescription = 2000;

/**
 * What was asked, as far as the API tells it again. Who was named, reminders, service level and deadline are not told, or
 * are over: a new intent has the defaults. What a policy asks people follows from the payload. Throws Refused where what
 * was asked is not told at all.
 */
export function sameAgain(intent: Intent, other?: Intent['payload']): NewIntent {
  const { intent_id, intent_type, correlation_id, to_agent, plan, human_task, reply_to, on_behalf_of } =
    intent as Intent & { plan?: object; human_task?: Told; reply_to?: string; on_behalf_of?: string };
  if ('procedure' in intent)
    throw new Refused(`${intent_id} is a run of a scenario: holdpoint scenarios apply starts it again.`);
  if (plan === undefined && human_task?.task_id === takeoverIdOf(intent_id))
    throw new Refused(
      `Operators took ${intent_id} over, and what was asked before is not told: ask anew with holdpoint intents submit.`,
    );
  const given = {
    intent_type,
    payload: other ?? intent.payload,
    correlation_id,
    to_agent,
    reply_to,
    on_behalf_of,
    human_task: plan === undefined && human_task ? taskAgain(human_task, other === undefined) : undefined,
  };
  return said(given) as unknown as NewIntent;
}

/** `samePayload`: else what describes it may be made of the old one. */
function taskAgain(told: Told, samePayload: boolean): HumanTask {
  const { title, description, task_type, priority, rounds, form_schema: form } = told;
  const type = taskTypeOf(task_type);
  const describes = samePayload && description.length <= maxDescription;
  return said({
    title,
    description: describes ? description : undefined,
    // A form of any shape has AXP's word alone.
    task_type: type === 'form' && !form ? 'provide_data' : task_type,
    allowed_outcomes: outcomesAgain(told),
    required_comment: told.required_comment || undefined,
    priority,
    rounds,
    // A question's form is made of its choices.
    ...(type === 'clarification' ? { choices: choicesIn(form) } : { form_schema: form }),
  }) as HumanTask;
}

/** In its last round a task can't be sent back any more; the new one can. */
function outcomesAgain({ task_type, allowed_outcomes, rounds }: Told): string[] {
  const type = taskTypeOf(task_type);
  if (!type || rounds === undefined) return allowed_outcomes;
  return outcomesOf(type)
    .filter(({ name, returns }) => returns || allowed_outcomes.includes(name))
    .map(({ name }) => name);
}

function choicesIn(form: Told['form_schema']): string[] | undefined {
  const { enum: choices } = (form?.properties.answer ?? {}) as { enum?: string[] };
  return choices;
}

/** Without what is undefined. */
const said = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
