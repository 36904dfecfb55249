/** What a mail is tagged with, so that its bounce leads back to the task. SES allows letters, digits, `_` and `-` only, and keeps it. */

import * as z from 'zod';
import type { IntentRef, Link } from '../core/model.ts';
import { markOf } from '../core/rules/undeliverable.ts';

const encode = (text: string): string => Buffer.from(text).toString('base64url');
const decode = (text: string): string => Buffer.from(text, 'base64url').toString();

const tag = z.tuple([z.string()]).transform(([value]) => value);
const tags = z.object({ tenant: tag, intent: tag, task: tag, person: tag });

/** The tags of a mail with a link. */
export const tagsOf = ({ tenant, intentId, taskId, personId }: Link): { Name: string; Value: string }[] => [
  { Name: 'tenant', Value: encode(tenant) },
  { Name: 'intent', Value: encode(intentId) },
  { Name: 'task', Value: encode(taskId) },
  { Name: 'person', Value: markOf(personId) },
];

/** What a mail's tags lead to; nothing where it had none, as news have. */
export function taggedWith(given: unknown): (IntentRef & { taskId: string; mark: string }) | undefined {
  const { data } = tags.safeParse(given);
  if (!data) return undefined;
  const { tenant, intent, task, person } = data;
  return { tenant: decode(tenant), intentId: decode(intent), taskId: decode(task), mark: person };
}
