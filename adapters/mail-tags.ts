/** What a mail is tagged with, so that its bounce leads back to the task. SES allows letters, digits, `_` and `-` only, and keeps it. */

import * as z from 'zod';
import type { Link } from '../core/model.ts';
import type { Listed } from '../core/ports.ts';
import { markOf } from '../core/rules/undeliverable.ts';

const encode = (text: string): string => Buffer.from(text).toString('base64url');
const decode = (text: string): string => Buffer.from(text, 'base64url').toString();

const tag = z.tuple([z.string()]).transform(([value]) => value);
const linkTags = z.object({ tenant: tag, intent: tag, task: tag, person: tag });
const digestTags = z.object({ digest: tag, person: tag });

/** The tags of a mail with a link. */
export const tagsOf = ({ tenant, intentId, taskId, personId }: Link): { Name: string; Value: string }[] => [
  { Name: 'tenant', Value: encode(tenant) },
  { Name: 'intent', Value: encode(intentId) },
  { Name: 'task', Value: encode(taskId) },
  { Name: 'person', Value: markOf(personId) },
];

/** The tags of a digest: what it lists is kept under its id. */
export const tagsOfDigest = (digestId: string, personId: string): { Name: string; Value: string }[] => [
  { Name: 'digest', Value: encode(digestId) },
  { Name: 'person', Value: markOf(personId) },
];

/** Whom a mail was for, and the task or the digest that it was about. */
export type Tagged = { mark: string } & ({ task: Listed } | { digestId: string });

/** What a mail's tags lead to; nothing where it had none, as news have. */
export function taggedWith(given: unknown): Tagged | undefined {
  const ofLink = linkTags.safeParse(given).data;
  if (ofLink) {
    const { tenant, intent, task, person } = ofLink;
    return { mark: person, task: { tenant: decode(tenant), intentId: decode(intent), taskId: decode(task) } };
  }
  const ofDigest = digestTags.safeParse(given).data;
  return ofDigest && { mark: ofDigest.person, digestId: decode(ofDigest.digest) };
}
