/** What the form of a task knows beside the task: whom an assignment may name, and the file that a person has attached. */

import { context } from '../../adapters/lambda/context.ts';
import { type MediaRows, mediaOf } from '../../adapters/media-rows.ts';
import type { Directory } from '../../core/directory.ts';
import type { Media } from '../../core/evidence.ts';
import type { IntentState, Link, Task } from '../../core/model.ts';
import { candidatesOf } from '../../core/rules/assignment.ts';
import { taskRule } from '../../core/tasks.ts';
import { typeOfIntent } from '../../intents/index.ts';
import type { Works } from '../../pages/works.ts';
import { uploadId } from '../../wire/media.ts';

/** At whichever door; `state` must be loaded with its request. */
export function worksOf(state: IntentState & { task: Task }, directory: Directory): Works {
  const type = typeOfIntent(state.head);
  if (!type || taskRule(state.task.type).takes !== 'assignee') return {};
  return { candidates: candidatesOf(state, { type, directory }, context().now) };
}

/** A file counts for the task and the person that it was attached for. */
export async function attached(
  rows: MediaRows,
  id: string | null | undefined,
  { tenant, taskId, personId }: Link,
): Promise<Media | undefined> {
  const media = uploadId.safeParse(id).success ? await rows.findMedia(tenant, id as string) : undefined;
  return media?.for?.taskId === taskId && media.for.personId === personId ? mediaOf(media) : undefined;
}
