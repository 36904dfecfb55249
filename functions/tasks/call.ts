/** One call of a person's door: who it is, and what was sent. */

import { type HttpEvent, queryAs } from '../../adapters/lambda/http.ts';
import type { Directory } from '../../core/directory.ts';
import { NotFound } from '../../core/errors.ts';
import { taskId, taskQuery } from '../../wire/tasks.ts';
import type { Caller, Person } from './caller.ts';

export interface Call {
  event: HttpEvent;
  caller: Caller;
  person: Person;
  directory: Directory;
}

/** The tenant that the query names. Throws ZodError for any other query. */
export function tenantIn(event: HttpEvent): string | undefined {
  return queryAs(taskQuery, event).tenant;
}

/** Throws NotFound for what no task is called. */
export function taskIdOf({ pathParameters }: HttpEvent): string {
  const id = taskId.safeParse(pathParameters?.id);
  if (!id.success) throw new NotFound('task');
  return id.data;
}
