/** What the form of a task knows beside the task: whom an assignment may name, and the file that a person has attached. */

import { context } from '../../adapters/lambda/context.ts';
import { type HttpEvent, queryOf } from '../../adapters/lambda/http.ts';
import { type MediaRows, mediaOf } from '../../adapters/media-rows.ts';
import type { Directory } from '../../core/directory.ts';
import type { Media } from '../../core/evidence.ts';
import type { IntentState, Link, Task } from '../../core/model.ts';
import { candidatesOf } from '../../core/rules/assignment.ts';
import { taskRule } from '../../core/tasks.ts';
import { typeOfIntent } from '../../intents/index.ts';
import type { Entered } from '../../pages/form.ts';
import type { Works } from '../../pages/works.ts';
import { uploadId } from '../../wire/media.ts';

/** A person's own place for the files of a task. */
type Owner = Pick<Link, 'tenant' | 'taskId' | 'personId'>;

/** How a person came to the page of a task that takes a file. */
interface Coming {
  event: HttpEvent;
  personId: string;
  /** Where they attach one. */
  attachAt: string;
  entered?: Entered | undefined;
}

/** At whichever door; `state` must be loaded with its request. A file was attached before the page was opened or sent. */
export async function worksFor(
  rows: Pick<MediaRows, 'findMedia'>,
  state: IntentState & { task: Task },
  directory: Directory,
  { event, personId, attachAt, entered }: Coming,
): Promise<Works> {
  const type = typeOfIntent(state.head);
  const { takes } = taskRule(state.task.type);
  if (type && takes === 'assignee') return { candidates: candidatesOf(state, { type, directory }, context().now) };
  if (takes !== 'evidence') return {};
  const id = queryOf(event).get('file') || entered?.texts?.('file')[0];
  const { tenant } = state.head;
  return { attachAt, file: await attached(rows, id, { tenant, taskId: state.task.taskId, personId }) };
}

/** A file counts for the task and the person that it was attached for. */
export async function attached(
  rows: Pick<MediaRows, 'findMedia'>,
  id: string | null | undefined,
  { tenant, taskId, personId }: Owner,
): Promise<Media | undefined> {
  const media = uploadId.safeParse(id).success ? await rows.findMedia(tenant, id as string) : undefined;
  return media?.for?.taskId === taskId && media.for.personId === personId ? mediaOf(media) : undefined;
}
