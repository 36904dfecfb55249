/** What an intent asks of a person: its `human_task` may narrow what its type allows, never widen it. */

import { InvalidInput } from '../errors.ts';
import { defaultRounds, type IntentType } from '../intent-type.ts';
import type { HumanTask } from '../model.ts';
import {
  isTwoSided,
  type OutcomeChoice,
  outcomesOf,
  type TaskType,
  taskRule,
  taskTypeOf,
  taskTypes,
} from '../tasks.ts';

/** The type of the task that an intent asks for. Throws InvalidInput with the field's path. */
export function taskTypeFor(type: IntentType, task: HumanTask | undefined): TaskType {
  const word = task?.task_type;
  // AXP has forms of tasks that don't say what they are.
  if (word === undefined) return type.shape === 'approval' && task?.form_schema ? 'form' : type.task.type;
  const asked = taskTypeOf(word);
  // What an action needs is a decision on its plan; a plain approval may ask a person for other things.
  if (asked && (asked === type.task.type || type.shape === 'approval')) return asked;
  const possible = type.shape === 'approval' ? Object.keys(taskTypes) : [type.task.type];
  throw new InvalidInput(`${type.type} asks for: ${possible.join(', ')}.`, { field: 'human_task.task_type' });
}

/** The outcomes that the intent allows: all of its task, or those it names. */
const allowedIn = (type: TaskType, task: HumanTask | undefined): OutcomeChoice[] =>
  outcomesOf(type).filter(({ name }) => task?.allowed_outcomes?.includes(name) ?? true);

/** How often people are asked at the most: once, but for a task that can be sent back. */
export function roundsFor(type: IntentType, task: HumanTask | undefined): number {
  const returns = allowedIn(taskTypeFor(type, task), task).some((outcome) => outcome.returns);
  return returns ? (task?.rounds ?? type.task.rounds ?? defaultRounds) : 1;
}

/** What a person may choose in the intent's n-th revision: on the last round nothing is sent back. */
export const outcomesFor = (type: IntentType, task: HumanTask | undefined, revision: number): string[] =>
  allowedIn(taskTypeFor(type, task), task)
    .filter(({ returns }) => !returns || revision < roundsFor(type, task))
    .map(({ name }) => name);

/** Throws InvalidInput with the field's path. */
export function checkHumanTask(type: IntentType, task: HumanTask | undefined): void {
  if (!task) return;
  const asked = taskTypeFor(type, task);
  const { asks, takes } = taskRule(asked);
  // AXP's own word may stand alone: what is provided then has any shape.
  if (asks === 'form' && !task.form_schema && task.task_type !== 'provide_data')
    refuse('form_schema', 'A form needs to say what it asks.');
  if (asks !== 'form' && task.form_schema) refuse('form_schema', 'Only a form has one.');
  if (takes !== 'evidence' && task.evidence_required)
    refuse('evidence_required', 'Only a manual action takes evidence.');
  if (asks !== 'answer' && task.choices) refuse('choices', 'Only a clarification has them.');
  if (new Set(task.choices).size < (task.choices?.length ?? 0)) refuse('choices', 'Each choice once.');
  checkOutcomes(asked, task);
  checkComments(asked, task);
  checkRounds(type, asked, task);
}

function checkOutcomes(asked: TaskType, task: HumanTask): void {
  const choices = outcomesOf(asked);
  const unknown = task.allowed_outcomes?.some((name) => !choices.some((choice) => choice.name === name));
  if (unknown) refuse('allowed_outcomes', `Outcomes of this task are: ${namesOf(choices)}.`);
  const allowed = allowedIn(asked, task);
  if (isTwoSided(asked) && !allowed.some((choice) => !choice.for && !choice.returns))
    refuse('allowed_outcomes', 'A person must be able to decide against it.');
  if (!allowed.some((choice) => choice.for)) refuse('allowed_outcomes', 'A person must be able to decide for it.');
}

function checkComments(asked: TaskType, task: HumanTask): void {
  if (!Array.isArray(task.required_comment)) return;
  const allowed = allowedIn(asked, task);
  if (task.required_comment.some((name) => !allowed.some((choice) => choice.name === name)))
    refuse('required_comment', `Outcomes of this task are: ${namesOf(allowed)}.`);
}

function checkRounds(type: IntentType, asked: TaskType, task: HumanTask): void {
  if (task.rounds === undefined) return;
  if (!allowedIn(asked, task).some((choice) => choice.returns))
    refuse('rounds', 'Only a review that may ask for changes has them.');
  const most = type.task.rounds ?? defaultRounds;
  if (task.rounds > most) refuse('rounds', `${type.type} has at most ${most} rounds.`);
}

const namesOf = (choices: readonly OutcomeChoice[]): string => choices.map(({ name }) => name).join(', ');

function refuse(field: string, message: string): never {
  throw new InvalidInput(message, { field: `human_task.${field}` });
}
