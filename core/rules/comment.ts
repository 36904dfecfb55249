/** A remark on an open task: everybody who reads it sees it; nothing is decided by it. */

import type { Change, Done } from '../commit.ts';
import type { Directory } from '../directory.ts';
import { Conflict, InvalidInput, NotFound } from '../errors.ts';
import { isTerminal } from '../lifecycle.ts';
import type { IntentState } from '../model.ts';
import { personal } from '../personal.ts';
import type { Context } from '../ports.ts';
import { maxCommentLength } from '../tasks.ts';
import { exceeds } from '../text.ts';
import { existing } from './common.ts';
import { isAsked } from './part.ts';
import { pendingWith, voteOf } from './steps.ts';

/** More than this is a conversation, which belongs elsewhere; each stays with the intent. */
const maxComments = 50;

/** Throws NotFound (also where they have no part in it), InvalidInput (`comment`), Conflict `task_closed`, `too_many_comments`. */
export function comment(
  given: IntentState | undefined,
  { id, via }: { id: string; via: string },
  words: string,
  directory: Directory,
  context: Context,
): Change<{ comments: number }> | Done<{ comments: number }> {
  const { head, task } = existing(given);
  const person = directory.find(id);
  if (!given || !task || !person) throw new NotFound('task');
  if (!isAsked({ ...given, task }, person, directory) && !voteOf(task, person.id)) throw new NotFound('task');
  if (task.status !== 'open' || isTerminal(head.status)) throw new Conflict('task_closed', 'This task is closed.');
  const text = words.trim();
  if (text === '' || exceeds(text, maxCommentLength))
    throw new InvalidInput(`A comment has 1 to ${maxCommentLength} characters.`, { field: 'comment' });
  const comments = (task.comments ?? 0) + 1;
  if (comments > maxComments)
    throw new Conflict('too_many_comments', `A task takes ${maxComments} comments at the most.`);
  return {
    command: `comment:${task.taskId}:${comments}:${context.newId()}`,
    action: 'task.commented',
    actor: { kind: 'person', id: person.id, via },
    head: {},
    events: [
      {
        type: 'intent.waiting',
        status: 'WAITING',
        waitingReason: 'WAITING_FOR_HUMAN',
        pendingWith: pendingWith(task),
        details: { state: 'ESCALATE_TO_HUMAN', comment: { by: person.id, name: person.name, text } },
      },
    ],
    data: { task_id: task.taskId, comment: personal(person.id, text), via: personal(person.id, via) },
    writes: { task: { ...task, comments } },
    result: { comments },
  };
}
