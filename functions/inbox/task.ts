/** One task on its page, as behind a mailed link: shown to whom it asks, or who has decided on it. */

import type { HttpEvent, HttpResult } from '../../adapters/lambda/http.ts';
import { NotFound } from '../../core/errors.ts';
import type { IntentRef, IntentState, Task } from '../../core/model.ts';
import { pendingWith, voteOf } from '../../core/rules/steps.ts';
import type { Entered } from '../../pages/form.ts';
import { closedPage, inInbox } from '../../pages/inbox.ts';
import { pageAnswer } from '../../pages/security.ts';
import { approvalPage, decidedPage } from '../../pages/task.ts';
import { maxEventsShown } from '../../pages/timeline.ts';
import { decideTask, formOf, logAs, refusedIn, seen } from '../approvals/answer.ts';
import { worksOf } from '../approvals/works.ts';
import { type Page, store, type Visitor } from './ports.ts';

/** `<org>/<workspace>/<taskId>` → where its intent is; nothing where it names none. */
function taskRefOf(path: string): { ref: IntentRef; taskId: string } | undefined {
  const found = /^([^/#]+\/[^/#]+)\/(([^/#]+)\.(?:r?\d+|override))$/.exec(path);
  const [, tenant, taskId, intentId] = found ?? [];
  return tenant && taskId && intentId ? { ref: { tenant, intentId }, taskId } : undefined;
}

/** A task that this person is asked or has decided on. Throws NotFound: for anybody else there is none. */
export async function taskFor(path: string, { session }: Visitor): Promise<IntentState & { task: Task }> {
  const named = taskRefOf(path);
  const state = named && (await store.load(named.ref, { request: true }));
  const { task } = state ?? {};
  const concerned =
    task?.approvers.some(({ id }) => id === session.personId) || (task && voteOf(task, session.personId));
  if (!state || !task || task.taskId !== named?.taskId || !concerned) throw new NotFound('task');
  logAs(state);
  return { ...state, task };
}

const pathOf = (event: HttpEvent): string => event.rawPath.slice('/inbox/tasks/'.length);

async function pageOf(
  loaded: IntentState & { task: Task },
  { session, directory }: Visitor,
  entered?: Entered,
): Promise<HttpResult> {
  const { task } = loaded;
  const state = seen(loaded);
  const events = await store.events(loaded.head, 0, maxEventsShown);
  const { person, via } = session;
  const own = voteOf(task, person.id);
  const decision = task.decision ?? own;
  const body = decision
    ? decidedPage(state, decision, person.id, task.decision ? '' : pendingWith(task).name, events)
    : task.status === 'open'
      ? approvalPage(
          state,
          { personId: person.id, mail: person.mail, via },
          entered,
          events,
          undefined,
          worksOf(loaded, directory),
        )
      : closedPage();
  return pageAnswer(decision || !entered ? 200 : 422, inInbox(body, person));
}

export const showTask: Page = async (event, visitor) => pageOf(await taskFor(pathOf(event), visitor), visitor);

export const postTask: Page = async (event, visitor) => {
  const form = formOf(event);
  const { session, directory } = visitor;
  const { head } = await taskFor(pathOf(event), visitor);
  const door = { by: 'person', id: session.personId, via: session.via } as const;
  try {
    const { decided, on } = await decideTask({ store, directory }, { ref: head, door }, form);
    const page = decidedPage(seen(on), decided.decision, session.personId, decided.waitsFor);
    return pageAnswer(200, inInbox(page, session.person));
  } catch (error) {
    const refused = refusedIn(form, error);
    return pageOf(await taskFor(pathOf(event), visitor), visitor, refused);
  }
};
