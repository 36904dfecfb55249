/** One task on its page, as behind a mailed link: shown to whom it asks, who has decided on it, and who may do something else with it. */

import { context } from '../../adapters/lambda/context.ts';
import type { HttpEvent, HttpResult } from '../../adapters/lambda/http.ts';
import { mediaRows } from '../../adapters/media-rows.ts';
import type { Directory } from '../../core/directory.ts';
import { Conflict, NotFound } from '../../core/errors.ts';
import type { IntentEvent, IntentRef, IntentState, Task } from '../../core/model.ts';
import { isStepTask } from '../../core/procedure.ts';
import { isDecider, type Part, partOf, seesAll } from '../../core/rules/part.ts';
import { pendingWith } from '../../core/rules/steps.ts';
import { typeOfIntent } from '../../intents/index.ts';
import type { Entered } from '../../pages/form.ts';
import type { HandOver } from '../../pages/hand-over.ts';
import { closedPage } from '../../pages/inbox.ts';
import { type RefusedMove, withMoves } from '../../pages/moves.ts';
import { inInbox } from '../../pages/nav.ts';
import type { Remark } from '../../pages/remark.ts';
import { pageAnswer } from '../../pages/security.ts';
import { approvalPage, decidedPage, watchPage } from '../../pages/task.ts';
import { maxEventsShown } from '../../pages/timeline.ts';
import { viewPage } from '../../pages/view.ts';
import { decideTask, type Form, formOf, logAs, refusedIn, seen } from '../approvals/answer.ts';
import { handOverFor } from '../approvals/hand-over.ts';
import { attached, worksFor } from '../approvals/works.ts';
import { moved, moveOf, passOn, remark } from './moves.ts';
import { client, type Page, store, tables, type Visitor } from './ports.ts';

const files = mediaRows(client, tables.intents);

/** `<org>/<workspace>/<taskId>` → where its intent is; nothing where it names none. */
function taskRefOf(path: string): { ref: IntentRef; taskId: string } | undefined {
  const found = /^([^/#]+\/[^/#]+)\/(([^/#]+)\.(?:[rs]?\d+|override))$/.exec(path);
  const [, tenant, taskId, intentId] = found ?? [];
  return tenant && taskId && intentId ? { ref: { tenant, intentId }, taskId } : undefined;
}

type Found = IntentState & { task: Task; part: Part };

/** A task that this person has a part in. Throws NotFound: for anybody else there is none. */
export async function taskFor(path: string, { session, directory }: Visitor): Promise<Found> {
  const named = taskRefOf(path);
  const step = named && isStepTask(named.taskId) ? { taskId: named.taskId } : {};
  const state = named && (await store.load(named.ref, { request: true, ...step }));
  const { task } = state ?? {};
  if (!state || !task || task.taskId !== named?.taskId) throw new NotFound('task');
  const who = { id: session.personId, via: session.via };
  const part = partOf({ ...state, task }, who, typeOfIntent(state.head), directory, context());
  if (!part) throw new NotFound('task');
  logAs(state);
  return { ...state, task, part };
}

const pathOf = (event: HttpEvent): string => event.rawPath.slice('/inbox/tasks/'.length);

/** What was sent and is shown again: of one of the page's forms. */
interface Again {
  entered?: Entered;
  handing?: NonNullable<HandOver['entered']>;
  remark?: Remark;
  refused?: RefusedMove;
}

async function pageOf(event: HttpEvent, loaded: Found, visitor: Visitor, again: Again = {}): Promise<HttpResult> {
  const { task, part } = loaded;
  const events = await store.events(loaded.head, 0, maxEventsShown);
  const whole = isDecider(part)
    ? await decidersPage(event, loaded, visitor, events, again)
    : othersPage(loaded, visitor, events);
  const { refused, ...sent } = again;
  const isOver = (task.decision ?? part.own) !== undefined;
  const isRefused = refused !== undefined || (Object.keys(sent).length > 0 && !isOver);
  return pageAnswer(isRefused ? 422 : 200, inInbox(withMoves(whole, part, refused), visitor.session.person));
}

async function decidersPage(
  event: HttpEvent,
  loaded: Found,
  { session, directory }: Visitor,
  events: readonly IntentEvent[],
  { entered, handing, remark: remarked }: Again,
): Promise<string> {
  const { task, part } = loaded;
  const state = seen(loaded);
  const { person, via } = session;
  const decision = task.decision ?? part.own;
  if (decision) return decidedPage(state, decision, person.id, task.decision ? '' : pendingWith(task).name, events);
  const handOver = task.status === 'open' ? openTo(person.id, loaded, directory, handing) : undefined;
  if (!handOver) return closedPage();
  const coming = { event, personId: person.id, attachAt: `/files/tasks/${pathOf(event)}`, entered };
  const works = await worksFor(files, loaded, directory, coming);
  const reader = { personId: person.id, mail: person.mail, via };
  return approvalPage(state, reader, { entered, events, works, handOver, remark: remarked ?? {} });
}

/** What the form for handing over offers; nothing where it can't be decided any more: its time is over. */
function openTo(who: string, loaded: Found, directory: Directory, handing: Again['handing']): HandOver | undefined {
  try {
    return handOverFor(loaded, { who, link: undefined }, directory, handing);
  } catch (error) {
    if (error instanceof Conflict) return undefined;
    throw error;
  }
}

/** The requester reads what their link shows; whoever may still do something with it, what is decided on. */
function othersPage(loaded: Found, { session }: Visitor, events: readonly IntentEvent[]): string {
  const { part, head } = loaded;
  if (seesAll(part)) return watchPage(seen(loaded), session.personId, events);
  const type = typeOfIntent(head);
  return viewPage(loaded, events, type?.shape === 'action' ? type.tools : [], context().now);
}

export const showTask: Page = async (event, visitor) => pageOf(event, await taskFor(pathOf(event), visitor), visitor);

/** Each form answers, or gives what is wrong with it, to be shown again. */
export const postTask: Page = async (event, visitor) => {
  const form = formOf(event);
  const found = await taskFor(pathOf(event), visitor);
  const answer = await sent(found, form, visitor);
  if ('statusCode' in answer) return answer;
  return pageOf(event, await taskFor(pathOf(event), visitor), visitor, answer as Again);
};

async function sent(found: Found, form: Form, visitor: Visitor): Promise<HttpResult | Again> {
  const move = moveOf(form);
  if (move) {
    const done = await moved(move, found, form, visitor);
    return 'move' in done ? { refused: done } : done;
  }
  if (form.field('action') === 'reassign') return passOn(found, visitor, form);
  if (form.field('action') === 'remark') return remark(found, visitor, form);
  return decideIt(found, form, visitor);
}

async function decideIt({ head, task }: Found, form: Form, visitor: Visitor): Promise<HttpResult | Again> {
  const { session, directory } = visitor;
  const { personId, via } = session;
  const { taskId } = task;
  const door = { by: 'person', id: personId, via } as const;
  try {
    const media = await attached(files, form.field('file'), { tenant: head.tenant, taskId, personId });
    const { decided, on } = await decideTask({ store, directory }, { ref: head, door, taskId, media }, form);
    const page = decidedPage(seen(on), decided.decision, personId, decided.waitsFor);
    return pageAnswer(200, inInbox(page, session.person));
  } catch (error) {
    return { entered: refusedIn(form, error) };
  }
}
