/** The hash of what a task shows, made anew from what was received. */

import { hashOf } from '../../core/hash.ts';
import { present } from '../../core/json.ts';
import type { Task } from '../sdk/index.ts';

/** Whether what is shown is what is decided on; undefined where nothing received tells (tasks of an earlier version). */
export function hashMatches(task: Task): boolean | undefined {
  if (task.plan) return hashOf(task.plan) === task.plan_hash;
  if (task.hash_salt === undefined) return undefined;
  const { hash_salt, intent_type, from_agent, on_behalf_of, payload, task_type, title, description } = task;
  const { allowed_outcomes, required_comment, evidence_required, form_schema, revision, rounds } = task;
  const subject = {
    hash_salt,
    intent_type,
    from_agent,
    on_behalf_of,
    payload,
    task_type,
    title,
    description,
    allowed_outcomes,
    required_comment,
    evidence_required,
    form_schema,
    revision,
    rounds,
  };
  return hashOf(present(subject)) === task.plan_hash;
}
