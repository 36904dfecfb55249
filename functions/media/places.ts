/** Where a person attaches a file: their own place at a task that takes one, reached by a mailed link or from their inbox. */

import type { HttpEvent } from '../../adapters/lambda/http.ts';
import type { SignedIn } from '../../adapters/sessions.ts';
import type { Directory } from '../../core/directory.ts';
import { HoldpointError, NotFound } from '../../core/errors.ts';
import { sha256 } from '../../core/hash.ts';
import type { IntentRef, IntentState, Task } from '../../core/model.ts';
import type { Store } from '../../core/ports.ts';
import { deciding, type knownBy, linkState } from '../../core/rules/decide.ts';
import { inInbox } from '../../pages/nav.ts';
import { taskId } from '../../wire/tasks.ts';

export interface Place {
  task: Task;
  /** A file counts for this task and this person. */
  owner: { tenant: string; taskId: string; personId: string };
  /** What comes after `/files/`: a link's secret, or `tasks/<tenant>/<taskId>`. A cookie keeps it while the browser is at S3. */
  name: string;
  /** The task's own page. */
  back: string;
  /** Makes a page one of those that the person came from. */
  frame: (whole: string) => string;
}

const secretShape = /^[A-Za-z0-9_-]{43}$/;
const part = '[A-Za-z0-9][A-Za-z0-9._-]*';
const inboxShape = new RegExp(`^tasks/(${part}/${part})/([^/]+)$`);

/** Whether it names a place; nothing else is ever led to. `back` is the way back from S3. */
export const isPlace = (name: string): boolean => secretShape.test(name) || named(name) !== undefined;

/** Whether it is one behind a sign-in. */
export const isInInbox = (name: string): boolean => named(name) !== undefined;

export const placeNameOf = (event: HttpEvent): string => event.rawPath.slice('/files/'.length);

function named(name: string): { tenant: string; taskId: string } | undefined {
  const [, tenant = '', task = ''] = inboxShape.exec(name) ?? [];
  return taskId.safeParse(task).success ? { tenant, taskId: task } : undefined;
}

const takesFile = (task: Task | undefined): boolean => task?.status === 'open' && task.evidenceRequired !== undefined;

/** Throws NotFound: for every link that was never made, or that takes no file any more. */
export async function placeOfLink(store: Store, secret: string, directory: Directory, now: string): Promise<Place> {
  const link = await store.findLink(sha256(secret));
  const state = link && (await store.load(link));
  const task = state?.task;
  if (
    !link ||
    !state ||
    !task ||
    !takesFile(task) ||
    task.taskId !== link.taskId ||
    linkState(link, now) !== 'live' ||
    !maySend({ ...state, task }, { who: link.personId, link }, directory, now)
  )
    throw new NotFound('link');
  return { task, owner: link, name: secret, back: `/a/${secret}`, frame: (whole) => whole };
}

/** Throws NotFound: also for a task that does not ask this person now. */
export async function placeInInbox(
  store: Store,
  name: string,
  { person }: Pick<SignedIn, 'person'>,
  directory: Directory,
  now: string,
): Promise<Place> {
  const found = named(name);
  if (!found) throw new NotFound('task');
  const task = await taskAsked(store, found.tenant, found.taskId, person.id, directory, now);
  const owner = { ...found, personId: person.id };
  const frame = (whole: string) => inInbox(whole, person);
  return { task, owner, name, back: `/inbox/${name}`, frame };
}

/** The task, where it takes a file and asks this person now. Throws NotFound. */
export async function taskAsked(
  store: Store,
  tenant: string,
  id: string,
  personId: string,
  directory: Directory,
  now: string,
): Promise<Task> {
  const state = await store.load(refOf(tenant, id));
  const task = state?.task;
  if (
    !state ||
    !task ||
    task.taskId !== id ||
    !takesFile(task) ||
    !maySend({ ...state, task }, { who: personId, link: undefined }, directory, now)
  )
    throw new NotFound('task');
  return task;
}

const refOf = (tenant: string, id: string): IntentRef => ({ tenant, intentId: id.slice(0, id.lastIndexOf('.')) });

/** Whether they could decide it now, by what they came by. */
function maySend(
  state: IntentState & { task: Task },
  by: Pick<ReturnType<typeof knownBy>, 'who' | 'link'>,
  directory: Directory,
  now: string,
): boolean {
  try {
    deciding(state, by, directory, now);
    return true;
  } catch (error) {
    if (error instanceof HoldpointError) return false;
    throw error;
  }
}
