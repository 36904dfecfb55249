/** One task on its page, as behind a mailed link: shown to whom it asks, who has decided on it, and who may do something else with it. */

import { context } from '../../adapters/lambda/context.ts';
import type { HttpEvent, HttpResult } from '../../adapters/lambda/http.ts';
import { NotFound } from '../../core/errors.ts';
import type { IntentEvent, IntentRef, IntentState, Task } from '../../core/model.ts';
import { isDecider, type Part, partOf, seesAll } from '../../core/rules/part.ts';
import { pendingWith } from '../../core/rules/steps.ts';
import { typeOfIntent } from '../../intents/index.ts';
import type { Entered } from '../../pages/form.ts';
import { type RefusedMove, withMoves } from '../../pages/hands.ts';
import { closedPage, inInbox } from '../../pages/inbox.ts';
import { pageAnswer } from '../../pages/security.ts';
import { approvalPage, decidedPage, watchPage } from '../../pages/task.ts';
import { maxEventsShown } from '../../pages/timeline.ts';
import { viewPage } from '../../pages/view.ts';
import { decideTask, formOf, logAs, refusedIn, seen } from '../approvals/answer.ts';
import { worksOf } from '../approvals/works.ts';
import { moved, moveOf } from './moves.ts';
import { type Page, store, type Visitor } from './ports.ts';

/** `<org>/<workspace>/<taskId>` → where its intent is; nothing where it names none. */
function taskRefOf(path: string): { ref: IntentRef; taskId: string } | undefined {
  const found = /^([^/#]+\/[^/#]+)\/(([^/#]+)\.(?:r?\d+|override))$/.exec(path);
  const [, tenant, taskId, intentId] = found ?? [];
  return tenant && taskId && intentId ? { ref: { tenant, intentId }, taskId } : undefined;
}

type Found = IntentState & { task: Task; part: Part };

/** A task that this person has a part in. Throws NotFound: for anybody else there is none. */
export async function taskFor(path: string, { session, directory }: Visitor): Promise<Found> {
  const named = taskRefOf(path);
  const state = named && (await store.load(named.ref, { request: true }));
  const { task } = state ?? {};
  if (!state || !task || task.taskId !== named?.taskId) throw new NotFound('task');
  const who = { id: session.personId, via: session.via };
  const part = partOf({ ...state, task }, who, typeOfIntent(state.head), directory, context());
  if (!part) throw new NotFound('task');
  logAs(state);
  return { ...state, task, part };
}

const pathOf = (event: HttpEvent): string => event.rawPath.slice('/inbox/tasks/'.length);

/** What was sent and is shown again: of the decision's form, or of another. */
interface Again {
  entered?: Entered;
  refused?: RefusedMove;
}

async function pageOf(loaded: Found, visitor: Visitor, { entered, refused }: Again = {}): Promise<HttpResult> {
  const { task, part } = loaded;
  const { person } = visitor.session;
  const events = await store.events(loaded.head, 0, maxEventsShown);
  const decision = task.decision ?? part.own;
  const whole = isDecider(part) ? decidersPage(loaded, visitor, events, entered) : othersPage(loaded, visitor, events);
  const isRefused = refused !== undefined || (entered !== undefined && !decision);
  return pageAnswer(isRefused ? 422 : 200, inInbox(withMoves(whole, part, refused), person));
}

function decidersPage(
  loaded: Found,
  { session, directory }: Visitor,
  events: readonly IntentEvent[],
  entered?: Entered,
): string {
  const { task, part } = loaded;
  const state = seen(loaded);
  const { person, via } = session;
  const decision = task.decision ?? part.own;
  if (decision) return decidedPage(state, decision, person.id, task.decision ? '' : pendingWith(task).name, events);
  if (task.status !== 'open') return closedPage();
  const reader = { personId: person.id, mail: person.mail, via };
  return approvalPage(state, reader, entered, events, undefined, worksOf(loaded, directory));
}

/** The requester reads what their link shows; whoever may still do something with it, what is decided on. */
function othersPage(loaded: Found, { session }: Visitor, events: readonly IntentEvent[]): string {
  const { part, head } = loaded;
  if (seesAll(part)) return watchPage(seen(loaded), session.personId, events);
  const type = typeOfIntent(head);
  return viewPage(loaded, events, type?.shape === 'action' ? type.tools : [], context().now);
}

export const showTask: Page = async (event, visitor) => pageOf(await taskFor(pathOf(event), visitor), visitor);

export const postTask: Page = async (event, visitor) => {
  const form = formOf(event);
  const { session, directory } = visitor;
  const found = await taskFor(pathOf(event), visitor);
  const move = moveOf(form);
  if (move) {
    const done = await moved(move, found, form, visitor);
    return 'move' in done ? pageOf(found, visitor, { refused: done }) : done;
  }
  const door = { by: 'person', id: session.personId, via: session.via } as const;
  try {
    const { decided, on } = await decideTask({ store, directory }, { ref: found.head, door }, form);
    const page = decidedPage(seen(on), decided.decision, session.personId, decided.waitsFor);
    return pageAnswer(200, inInbox(page, session.person));
  } catch (error) {
    const entered = refusedIn(form, error);
    return pageOf(await taskFor(pathOf(event), visitor), visitor, { entered });
  }
};
