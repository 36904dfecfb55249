/** One task on its page, as behind a mailed link: shown to whom it asks, who has decided on it, or in whose place somebody is asked. */

import type { HttpEvent, HttpResult } from '../../adapters/lambda/http.ts';
import { mediaRows } from '../../adapters/media-rows.ts';
import { Conflict, NotFound, PolicyDenied } from '../../core/errors.ts';
import type { IntentRef, IntentState, Task } from '../../core/model.ts';
import { pendingWith, voteOf } from '../../core/rules/steps.ts';
import type { Entered } from '../../pages/form.ts';
import { type HandOver, inYourPlacePage, notAskedPage } from '../../pages/hand-over.ts';
import { closedPage } from '../../pages/inbox.ts';
import { inInbox } from '../../pages/nav.ts';
import type { Remark } from '../../pages/remark.ts';
import { pageAnswer } from '../../pages/security.ts';
import { approvalPage, decidedPage } from '../../pages/task.ts';
import { maxEventsShown } from '../../pages/timeline.ts';
import { decideTask, type Form, formOf, logAs, refusedIn, seen } from '../approvals/answer.ts';
import { handOverFor } from '../approvals/hands.ts';
import { attached, worksFor } from '../approvals/works.ts';
import { passOn, remark, takeItBack } from './hands.ts';
import { client, type Page, store, tables, type Visitor } from './ports.ts';

const files = mediaRows(client, tables.intents);

/** `<org>/<workspace>/<taskId>` → where its intent is; nothing where it names none. */
function taskRefOf(path: string): { ref: IntentRef; taskId: string } | undefined {
  const found = /^([^/#]+\/[^/#]+)\/(([^/#]+)\.(?:r?\d+|override))$/.exec(path);
  const [, tenant, taskId, intentId] = found ?? [];
  return tenant && taskId && intentId ? { ref: { tenant, intentId }, taskId } : undefined;
}

/** Whether a task asks a person, or somebody in their place, or they have decided on it. */
const concerns = (task: Task, personId: string): boolean =>
  task.approvers.some((one) => [one.id, one.for?.id].includes(personId)) || voteOf(task, personId) !== undefined;

/** A task that concerns this person. Throws NotFound: for anybody else there is none. */
export async function taskFor(path: string, { session }: Visitor): Promise<IntentState & { task: Task }> {
  const named = taskRefOf(path);
  const state = named && (await store.load(named.ref, { request: true }));
  const { task } = state ?? {};
  if (!state || task?.taskId !== named?.taskId || !task || !concerns(task, session.personId))
    throw new NotFound('task');
  logAs(state);
  return { ...state, task };
}

const pathOf = (event: HttpEvent): string => event.rawPath.slice('/inbox/tasks/'.length);

/** What was sent and is shown again. */
interface Again {
  entered?: Entered;
  handing?: NonNullable<HandOver['entered']>;
  remark?: Remark;
}

async function pageOf(event: HttpEvent, visitor: Visitor, again: Again = {}): Promise<HttpResult> {
  const loaded = await taskFor(pathOf(event), visitor);
  const { task } = loaded;
  const { person } = visitor.session;
  const decision = task.decision ?? voteOf(task, person.id);
  if (!decision) return openPage(event, loaded, visitor, again);
  const events = await store.events(loaded.head, 0, maxEventsShown);
  const waitsFor = task.decision ? '' : pendingWith(task).name;
  return pageAnswer(200, inInbox(decidedPage(seen(loaded), decision, person.id, waitsFor, events), person));
}

/** What is asked is shown only to who may decide it, as the directory is now. */
async function openPage(
  event: HttpEvent,
  loaded: IntentState & { task: Task },
  { session, directory }: Visitor,
  { entered, handing, remark: remarked }: Again,
): Promise<HttpResult> {
  const { task } = loaded;
  const { person, via } = session;
  const show = (page: string, status = 200) => pageAnswer(status, inInbox(page, person));
  if (task.status !== 'open') return show(closedPage());
  const holder = task.approvers.find((one) => one.for?.id === person.id);
  if (holder && !task.approvers.some(({ id }) => id === person.id)) return show(inYourPlacePage(task, holder));
  try {
    const handOver = handOverFor(loaded, { who: person.id, link: undefined }, directory, handing);
    const coming = { event, personId: person.id, attachAt: `/files/tasks/${pathOf(event)}`, entered };
    const [events, works] = await Promise.all([
      store.events(loaded.head, 0, maxEventsShown),
      worksFor(files, loaded, directory, coming),
    ]);
    const reader = { personId: person.id, mail: person.mail, via };
    const beside = { entered, events, works, handOver, remark: remarked ?? {} };
    return show(approvalPage(seen(loaded), reader, beside), entered || handing || remarked ? 422 : 200);
  } catch (error) {
    if (error instanceof PolicyDenied) return show(notAskedPage(task, 'inbox'));
    if (error instanceof Conflict) return show(closedPage());
    throw error;
  }
}

export const showTask: Page = (event, visitor) => pageOf(event, visitor);

/** Which of a task's forms was sent; each gives what is refused to be shown again. */
const forms: Record<string, (event: HttpEvent, visitor: Visitor, form: Form) => Promise<HttpResult | Again>> = {
  '': decideIt,
  reassign: async (event, visitor, form) => passOn(await taskFor(pathOf(event), visitor), visitor, form),
  'take-back': async (event, visitor) => takeItBack(await taskFor(pathOf(event), visitor), visitor),
  remark: async (event, visitor, form) => remark(await taskFor(pathOf(event), visitor), visitor, form),
};

export const postTask: Page = async (event, visitor) => {
  const form = formOf(event);
  const action = form.field('action');
  const sent = Object.hasOwn(forms, action) ? forms[action] : forms[''];
  const answer = (await sent?.(event, visitor, form)) ?? {};
  return 'statusCode' in answer ? answer : pageOf(event, visitor, answer as Again);
};

async function decideIt(event: HttpEvent, visitor: Visitor, form: Form): Promise<HttpResult | Again> {
  const { session, directory } = visitor;
  const { head, task } = await taskFor(pathOf(event), visitor);
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
