/** The step that a procedure is at: as many commits as go without waiting, and the birth of a part that an agent is to do. */

import type { z } from 'zod';
import type { runInput } from '../../adapters/lambda/run-input.ts';
import { perform, quotaExceeded, stopped } from '../../core/commit.ts';
import type { Directory } from '../../core/directory.ts';
import { Cancelled } from '../../core/errors.ts';
import type { IntentType } from '../../core/intent-type.ts';
import { isTerminal } from '../../core/lifecycle.ts';
import type { IntentState } from '../../core/model.ts';
import type { Context, Store } from '../../core/ports.ts';
import { ofCurrentRun } from '../../core/rules/common.ts';
import { type AfterStep, takeStep } from '../../core/rules/procedure.ts';
import { partEnded, partOf, partTooLate } from '../../core/rules/procedure-part.ts';
import { type Submission, submit } from '../../core/rules/submit.ts';

interface Ports {
  store: Store;
  context: () => Context;
}

interface Stepping {
  input: z.infer<typeof runInput>;
  type: IntentType;
  directory: Directory;
}

/** Commits of one call: far below the function's time, also where tables are slow. */
const commitsAtOnce = 20;

export const procedureSteps =
  (ports: Ports) =>
  async ({
    input,
    type,
    directory,
  }: Stepping): Promise<AfterStep | (AfterStep & { waitUntil: string; rung: number })> => {
    const run = { generation: input.generation, rung: input.rung, type, directory };
    for (let commits = 0; commits < commitsAtOnce; commits += 1) {
      const after = await perform(ports.store, input, { request: true }, ports.context, (state, at) =>
        takeStep(state, run, at),
      );
      if (after.next === 'ended' || (after.next === 'wait' && !(await partGoesOn(ports, input)))) return after;
    }
    return { next: 'again', waitUntil: input.waitUntil, rung: input.rung + 1 };
  };

/** The present step's part is there, or is born now. True where the step has ended by that, or is another by now, so that the procedure looks again at once. Throws Superseded, Cancelled. */
async function partGoesOn(ports: Ports, input: Stepping['input']): Promise<boolean> {
  const { store, context } = ports;
  const part = partOf((await store.load(input, { request: true })) ?? ({} as never));
  if (part?.intentId === undefined) return false;
  const id = part.intentId;
  const current = (state: IntentState | undefined) => ofCurrentRun(state, input.generation);
  const there = await store.load({ tenant: part.tenant, intentId: id });
  if (there)
    return isTerminal(there.head.status)
      ? perform(store, input, {}, context, (state, at) => partEnded(current(state), there, at))
      : false;
  if (part.deadlineAt !== undefined && Date.parse(part.deadlineAt) <= Date.parse(context().now))
    return perform(store, input, {}, context, (state, at) => partTooLate(current(state), id, at));
  return !(await bear(ports, part));
}

/**
 * False where the procedure has gone on meanwhile, or somebody else was first: one must look again. Throws PolicyDenied where a stop stands,
 * QuotaExceeded where a budget is used up, Cancelled where the procedure has ended.
 */
async function bear({ store, context }: Ports, part: Submission): Promise<boolean> {
  const outcome = await store.commit(submit(part, context()).commit);
  if (outcome.ok) return true;
  if (outcome.because === 'changed') return false;
  if (outcome.because === 'stopped') throw stopped(outcome.target);
  if (outcome.because === 'budget') throw quotaExceeded(outcome.breach);
  throw new Cancelled('gone');
}
