/** Which service level applies to a task: the default, then the task type's, the intent type's, and what the intent wishes. */

import type { Directory } from '../directory.ts';
import { InvalidInput } from '../errors.ts';
import type { IntentType } from '../intent-type.ts';
import { compileLadder, type Rung } from '../ladder.ts';
import type { HumanTask, IntentRequest, IntentState, Task } from '../model.ts';
import {
  defaultEscalation,
  defaultLevel,
  type Level,
  type LevelSource,
  merged,
  type ServiceLevel,
} from '../service-level.ts';
import { outcomesOf, type TaskType, taskRule, taskTypeOf } from '../tasks.ts';
import { workingTimeOf } from '../working-time.ts';
import { isName, mayBeAsked, peopleOf } from './escalation.ts';
import { stepOf } from './steps.ts';
import { wishesOf } from './wishes.ts';

type Wishes = Partial<IntentRequest> | undefined;

/** Without what the intent wishes. */
const levelOfType = (type: IntentType, taskType: TaskType): Level =>
  merged(merged(defaultLevel, 'task_type', taskRule(taskType).level), 'intent_type', type.task.level);

function levelFor(type: IntentType, wishes: Wishes): Level {
  const taskType = taskTypeOf(wishes?.humanTask?.task_type ?? '') ?? type.task.type;
  const below = levelOfType(type, taskType);
  const level = merged(merged(below, 'intent', axpWishes(below, wishes)), 'intent', ladderOf(wishes?.humanTask));
  // What is an override already is followed by none.
  return taskType === 'override' ? { ...level, expire: { ...level.expire, opens: undefined } } : level;
}

/** AXP names single numbers: where it names one, the rest of that part stays as it is. */
export function axpWishes(below: Level, wishes: Wishes = {}): ServiceLevel {
  const { remind_after_seconds, remind_interval_seconds, max_reminders, escalate_to } = wishes;
  const first = remind_after_seconds ?? remind_interval_seconds;
  const [escalation = defaultEscalation, ...later] = below.escalate;
  return {
    ...(first !== undefined
      ? { remind: { afterSeconds: first, everySeconds: remind_interval_seconds, times: max_reminders } }
      : max_reminders !== undefined && { remind: { ...below.remind, times: max_reminders } }),
    ...(escalate_to !== undefined && { escalate: [{ ...escalation, to: escalate_to }, ...later] }),
  };
}

/** `human_task.ladder` in our own names. */
function ladderOf(task: HumanTask | undefined): ServiceLevel {
  const { business_hours, remind, escalate, expire } = task?.ladder ?? {};
  const timed = (rule: { after_seconds: number; business_hours?: boolean | undefined }) => ({
    afterSeconds: rule.after_seconds,
    businessHours: rule.business_hours,
  });
  return {
    businessHours: business_hours,
    remind: remind && {
      ...timed(remind),
      everySeconds: remind.every_seconds,
      times: remind.times,
      finalSeconds: remind.final_seconds,
    },
    escalate: escalate?.map((rule) => ({ ...timed(rule), to: rule.to, how: rule.how })),
    expire: expire && { ...timed(expire), outcome: expire.outcome, opens: expire.opens },
  };
}

/**
 * Until when a run waits for a task that is not open yet: whom it asks is not known then, and so not their working time.
 * The task, once it is open, says when its first rung is.
 */
export const firstWait = (begins: string, wishes: Wishes, deadlineAt: string | undefined, type: IntentType): string =>
  compileLadder(begins, levelFor(type, wishes), { deadlineAt })[0]?.at ?? begins;

/** A step's own ladder, from when it begins. `ignored`: whom it should escalate to, and who may not be asked. */
export function ladderFor(
  begins: string,
  state: IntentState,
  type: IntentType,
  step: Pick<Task, 'chain' | 'step' | 'requester' | 'approvers' | 'outcomes'>,
  directory: Directory,
): { ladder: Rung[]; ignored: string[] } {
  const asked = step.approvers.flatMap(({ id }) => directory.find(id) ?? []);
  const compiled = compileLadder(begins, levelFor(type, wishesOf(state)), {
    deadlineAt: state.head.deadlineAt,
    working: workingTimeOf(asked, directory.calendar),
  });
  const ignored = new Set<string>();
  const ladder = compiled.map((rung): Rung => {
    if (rung.do === 'expire') return possible(rung, step.outcomes);
    if (rung.do !== 'escalate') return rung;
    const needed = rung.from === 'intent' && (state.plan !== undefined || type.assignment !== undefined);
    const climbs = needed ? { ...rung, roleNeeded: true as const } : rung;
    const { to, ...otherwise } = climbs;
    if (to === undefined || !isName(to)) return climbs;
    const may = mayBeAsked(climbs, { ...state, task: step }, directory);
    if (peopleOf(to, stepOf(step), asked, directory).some(may)) return climbs;
    ignored.add(to);
    return otherwise;
  });
  return { ladder, ignored: [...ignored] };
}

/** The agent may have left an outcome out, or ask for another kind of task than its type does. */
function possible({ outcome, ...fails }: Extract<Rung, { do: 'expire' }>, outcomes: readonly string[]): Rung {
  return outcome !== undefined && outcomes.includes(outcome) ? { ...fails, outcome } : fails;
}

/**
 * What an intent wishes of its own ladder: it ends before the intent does, and decides nothing by itself but what the
 * type allows; that it goes on, no sooner than the type's own end. Throws InvalidInput with the field's path.
 */
export function checkLadder(
  type: IntentType,
  taskType: TaskType,
  task: HumanTask | undefined,
  deadlineAt: string | undefined,
  now: string,
): void {
  const { expire } = ladderOf(task);
  checkFits(levelFor(type, task && { humanTask: task }), deadlineAt, now);
  if (!expire) return;
  const refuse = (field: string, message: string) => {
    throw new InvalidInput(message, { field: `human_task.ladder.expire.${field}` });
  };
  if (deadlineAt !== undefined && Date.parse(now) + expire.afterSeconds * 1000 > Date.parse(deadlineAt))
    refuse('after_seconds', 'The task would outlive its intent: deadline_at is sooner.');
  const { outcome, opens } = expire;
  if (opens && outcome !== undefined) refuse('opens', 'Either an outcome, or an override task.');
  if (opens && taskType === 'override') refuse('opens', 'An override task is never followed by another.');
  if (outcome === undefined) return;
  const choice = outcomesOf(taskType).find(({ name }) => name === outcome);
  const offered = task?.allowed_outcomes?.includes(outcome) ?? true;
  if (!choice || !offered || !type.task.defaultOutcomes?.includes(outcome))
    refuse('outcome', `${type.type} does not let this be decided by nobody.`);
  const [own, wished] = [levelOfType(type, taskType), levelFor(type, task && { humanTask: task })];
  if (choice?.for && isSooner(wished, own)) refuse('after_seconds', 'Not sooner than the end that its type declares.');
}

const isSooner = (wished: Level, own: Level): boolean =>
  wished.expire.afterSeconds < own.expire.afterSeconds || (endsInHours(own) && !endsInHours(wished));

const endsInHours = ({ expire, businessHours }: Level): boolean => expire.businessHours ?? businessHours;

/**
 * What an intent wishes to happen while nobody decides comes before the end. Refused is what can't, however anybody works: time
 * in business hours never passes faster. Throws InvalidInput with the field's path.
 */
function checkFits(level: Level, deadlineAt: string | undefined, now: string): void {
  const { remind, escalate, expire } = level;
  const left = deadlineAt === undefined ? Number.POSITIVE_INFINITY : (Date.parse(deadlineAt) - Date.parse(now)) / 1000;
  const inHours = (rule: { businessHours?: boolean | undefined }) => rule.businessHours ?? level.businessHours;
  const fits = (rule: { from: LevelSource; businessHours?: boolean | undefined }, seconds: number | undefined) =>
    rule.from !== 'intent' ||
    seconds === undefined ||
    (seconds < left && (seconds < expire.afterSeconds || (inHours(expire) && !inHours(rule))));
  const check = (path: string, ok: boolean) => {
    if (!ok) throw new InvalidInput('The task has ended by then.', { field: `human_task.ladder.${path}` });
  };
  check('remind.after_seconds', remind.times === 0 || fits(remind, remind.afterSeconds));
  check('remind.final_seconds', fits(remind, remind.finalSeconds));
  escalate.forEach((rule, i) => {
    check(`escalate.${i}.after_seconds`, fits(rule, rule.afterSeconds));
  });
}
