/** What must hold at every commit of a procedure: each step once, in its turn, by what the one before it came to. */

import { isTerminal } from '../../core/lifecycle.ts';
import { type PlanStep, type Progress, stepIn } from '../../core/procedure.ts';
import type { Ghost } from './ghosts.ts';
import type { OfCommit } from './invariants.ts';

/** A step begins once for each visit and attempt; whoever goes on after a killed run must not begin it anew. */
const eachStepOnce: OfCommit = (was, { record, writes: { procedure } }) => {
  const before = was?.procedure;
  if (!before || !procedure) return undefined;
  if (record.action !== 'step.begun')
    return procedure.begun === before.begun ? undefined : `${record.action} begins a step`;
  if (procedure.begun !== before.begun + 1) return `step ${procedure.begun} after ${before.begun}`;
  const name = beginning(procedure);
  return was.begun.has(name) ? `${name} begins again` : undefined;
};

/** Of the present step: its name, which visit it is and which attempt. */
export const beginning = ({ now, visits }: Progress): string =>
  `${now?.step} (visit ${now && visits[now.step]}, attempt ${now?.attempt})`;

type Present = NonNullable<Progress['now']>;

/** What the world shows that a step came to; undefined while that is open. */
function cameTo(step: PlanStep, present: Present, at: string, was: Ghost, ghosts: ReadonlyMap<string, Ghost>) {
  const isOver = present.until !== undefined && Date.parse(present.until) <= Date.parse(at);
  if (step.kind === 'agent') {
    const part = ghosts.get(present.part ?? '')?.head;
    if (part) return isTerminal(part.status) ? part.status === 'COMPLETED' : undefined;
    // Never begun, since its time was over first.
    return step.seconds === undefined && was.head.deadlineAt === undefined ? undefined : false;
  }
  if (step.kind === 'human') {
    const task = was.task?.taskId === present.task ? was.task : undefined;
    if (task?.status === 'expired') return false;
    return task?.status === 'decided' ? task.decision?.outcome === 'approved' : undefined;
  }
  if (step.kind === 'delay') return isOver ? true : undefined;
  if (step.kind === 'timeout') return isOver ? false : undefined;
  return true;
}

/** The procedure goes on where it was, with what that step came to and by the way that its plan names. */
const goesOn: OfCommit = (was, { record, writes: { procedure } }, { ghosts }) => {
  const plan = was?.request?.procedure;
  const before = was?.procedure?.now;
  const { now } = procedure ?? {};
  if (!was || !plan || !procedure) return undefined;
  if (record.action === 'step.begun' && !before)
    return now?.step === plan.start && was.procedure?.begun === 0 ? undefined : `begins with ${now?.step}`;
  if (record.action === 'step.begun' && before?.pauses) {
    if (now?.step !== before.step || now.attempt !== before.attempt) return `${now?.step} in place of ${before.step}`;
    return Date.parse(before.until ?? '') <= Date.parse(record.at) ? undefined : 'tried again too soon';
  }
  const moves = ['step.begun', 'step.ended', 'procedure.completed', 'procedure.failed'].includes(record.action);
  if (!moves || !before) return undefined;
  const step = stepIn(plan, before.step);
  const success = cameTo(step, before, record.at, was, ghosts);
  if (success === undefined) return `${before.step} is not over`;
  if ((procedure.done[before.step]?.outcome === 'success') !== success) return `${before.step} came to something else`;
  const to = success ? step.onSuccess : step.onFailure;
  const left = (step.retry?.times ?? 0) + 1 - before.attempt;
  if (record.action === 'step.ended') return !success && left > 0 ? undefined : `${before.step} is tried again`;
  if (record.action === 'step.begun') return now?.step === to ? undefined : `${now?.step} follows ${before.step}`;
  const full = to !== undefined && (procedure.visits[to] ?? 0) >= (stepIn(plan, to).maxVisits ?? Infinity);
  if (record.action === 'procedure.failed')
    return full || (!success && to === undefined) ? undefined : 'fails too soon';
  return success && to === undefined ? undefined : `ends after ${before.step}`;
};

/** A cycle ends. */
const visitsBounded: OfCommit = (was, { writes: { procedure } }) => {
  const plan = was?.request?.procedure;
  const over = plan?.steps.find(({ id, maxVisits = Infinity }) => (procedure?.visits[id] ?? 0) > maxVisits);
  return over && `${over.id} begins for the ${procedure?.visits[over.id]}th time`;
};

/** An agent is given a step's work only while the procedure is at that step. */
const partInTurn: OfCommit = (was, { head }, { ghosts }) => {
  if (was || head.stepOf === undefined) return undefined;
  const now = ghosts.get(head.stepOf)?.procedure?.now;
  return now?.part === head.intentId && !now.ended ? undefined : `its procedure is at ${now?.step}`;
};

export const ofProcedures = [eachStepOnce, goesOn, visitsBounded, partInTurn];
