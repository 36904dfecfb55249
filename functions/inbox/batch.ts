/** Tasks of low risk, decided together: each by a command of its own, for what was shown of it. */

import { context } from '../../adapters/lambda/context.ts';
import { queryOf } from '../../adapters/lambda/http.ts';
import { log } from '../../adapters/lambda/log.ts';
import { decideInBatch, maxBatch, mayBeInBatch, sharedOutcomes } from '../../core/batch.ts';
import { perform } from '../../core/commit.ts';
import { HoldpointError, InvalidInput, NotFound } from '../../core/errors.ts';
import type { DecisionGiven } from '../../core/rules/decide.ts';
import { isDecider } from '../../core/rules/part.ts';
import { voteOf } from '../../core/rules/steps.ts';
import { checkDecision } from '../../core/tasks.ts';
import { typeOfIntent } from '../../intents/index.ts';
import { type BatchTask, batchDonePage, batchPage, type GoneTask } from '../../pages/batch.ts';
import { pageAnswer } from '../../pages/security.ts';
import { type Form, formOf, seen } from '../approvals/answer.ts';
import { type Page, store, type Visitor } from './ports.ts';
import { taskFor } from './task.ts';

/** Which tasks, each once. Throws InvalidInput where there are none or too many. */
function chosen(paths: readonly string[]): string[] {
  const found = [...new Set(paths)];
  if (found.length === 0) throw new InvalidInput('Choose the tasks first.', { field: 'task' });
  if (found.length > maxBatch) throw new InvalidInput(`At most ${maxBatch} tasks at once.`, { field: 'task' });
  return found;
}

/** What is shown of each task. One that waits for this person no more says so, and the others go on without it. */
const shownOf = (paths: readonly string[], visitor: Visitor): Promise<(BatchTask | GoneTask)[]> =>
  Promise.all(paths.map((path) => shownAt(path, visitor)));

async function shownAt(path: string, visitor: Visitor): Promise<BatchTask | GoneTask> {
  try {
    const state = await taskFor(path, visitor);
    const { task } = state;
    if (!isDecider(state.part)) return { path, fits: false };
    const open = task.status === 'open' && !voteOf(task, visitor.session.personId);
    return { path, state: { ...seen(state), task }, fits: open && mayBeInBatch(task) };
  } catch (error) {
    if (error instanceof NotFound) return { path, fits: false };
    throw error;
  }
}

export const confirmBatch: Page = async (event, visitor) => {
  const tasks = await shownOf(chosen(queryOf(event).getAll('task')), visitor);
  return pageAnswer(200, batchPage(visitor.session, tasks, offered(tasks)));
};

const fitting = (tasks: readonly (BatchTask | GoneTask)[]): BatchTask[] =>
  tasks.flatMap((one) => (one.fits ? [one] : []));

const offered = (tasks: readonly (BatchTask | GoneTask)[]) =>
  sharedOutcomes(fitting(tasks).map((one) => one.state.task));

/** Fields `hash:<path>`: what each task's page showed. */
const hashOf = ({ field }: Form, path: string): string => field(`hash:${path}`);

export const decideBatch: Page = async (event, visitor) => {
  const form = formOf(event);
  const paths = chosen(form.texts('task'));
  const { outcome, reason, comment } = form.given;
  const tasks = await shownOf(paths, visitor);
  try {
    for (const { state } of fitting(tasks))
      checkDecision(state.task, { outcome, reason, comment }, typeOfIntent(state.head)?.task.reasons);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    const refused = { outcome, reason, comment, field: String(error.details.field), message: error.message };
    return pageAnswer(422, batchPage(visitor.session, tasks, offered(tasks), refused));
  }
  const done = await Promise.all(
    tasks.map(async (one) =>
      one.state
        ? {
            ...one,
            happened: await decideOne(one, { outcome, reason, comment, subjectHash: hashOf(form, one.path) }, visitor),
          }
        : one,
    ),
  );
  return pageAnswer(200, batchDonePage(visitor.session, done));
};

/** What became of one; a failure of one leaves the others as they are. */
async function decideOne({ state }: BatchTask, given: DecisionGiven, { session, directory }: Visitor): Promise<string> {
  const door = { by: 'person', id: session.personId, via: session.via } as const;
  try {
    const { fresh, decision } = await perform(store, state.head, { request: true }, context, (now, at) => {
      const type = now && typeOfIntent(now.head);
      if (!type) throw new NotFound('task');
      return decideInBatch(now, door, given, type, directory, at);
    });
    return fresh
      ? `Recorded: ${decision.outcome}.`
      : `It was decided before: ${decision.outcome}, by ${decision.by.name}.`;
  } catch (error) {
    if (error instanceof HoldpointError) return `Not decided: ${error.message}`;
    log.error('one of a batch failed', { intentId: state.head.intentId, errorName: (error as Error).name });
    return 'Something went wrong: open it to see whether it was recorded.';
  }
}
