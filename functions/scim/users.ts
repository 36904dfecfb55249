/** A SCIM user and a person of the directory: what becomes of the one, and how the other is shown. */

import * as z from 'zod';
import type { DirectoryRows, PersonRow } from '../../adapters/directory.ts';
import { isTimeZone } from '../../adapters/directory-schema.ts';
import type { Patch } from '../../adapters/people.ts';
import { firstOf } from '../../core/text.ts';
import { ScimError, schemaIds, type UserBody } from '../../wire/scim.ts';

/** What stands in a person's row beside the directory's own fields: the user as it was sent, and its times. */
interface Kept {
  user: UserBody;
  createdAt: string;
  updatedAt: string;
}

const keptOf = (row: PersonRow): Kept => row.scim as unknown as Kept;

/** Whether an identity provider has pushed them; others are the configuration's. */
export const isProvisioned = (row: PersonRow): boolean => row.version !== undefined;

export const userOf = (row: PersonRow): UserBody => keptOf(row).user;

/**
 * What is stored of a user. `active: false` takes them out of the directory, and kills their links and sessions for good.
 * Throws ScimError where they can't be mailed.
 */
export function rowOf(user: UserBody, now: string, before?: PersonRow): Patch & { userName: string } {
  const kept: Kept = { user, createdAt: before ? keptOf(before).createdAt : now, updatedAt: now };
  const leaves = !user.active && before?.gone !== true;
  return {
    userName: user.userName,
    name: nameOf(user),
    mail: mailOf(user),
    region: regionOf(user),
    timeZone: user.timezone !== undefined && isTimeZone(user.timezone) ? user.timezone : undefined,
    manager: user[schemaIds.enterprise]?.manager?.value,
    gone: user.active ? undefined : true,
    ...(leaves ? { revokedAt: now, mailAgain: undefined } : {}),
    scim: JSON.parse(JSON.stringify(kept)),
  };
}

const nameOf = ({ displayName, name, userName }: UserBody): string =>
  displayName ?? name?.formatted ?? ([name?.givenName, name?.familyName].filter(Boolean).join(' ') || userName);

/** The primary address, else the one for work, else the first, else a user name that is one. */
function mailOf({ emails = [], userName }: UserBody): string {
  const chosen = emails.find((one) => one.primary) ?? emails.find((one) => one.type === 'work') ?? emails[0];
  const mail = z.email().safeParse(chosen?.value ?? userName);
  if (!mail.success)
    throw new ScimError(400, 'A person needs a mail address: emails, or a userName that is one.', 'invalidValue');
  return mail.data;
}

function regionOf({ addresses = [] }: UserBody): string | undefined {
  const chosen = addresses.find((one) => one.type === 'work') ?? addresses[0];
  return firstOf(chosen?.region ?? chosen?.country ?? '', 64) || undefined;
}

/** The user as an identity provider sees it. */
export function userOut(row: PersonRow, { groups }: DirectoryRows, base: string) {
  const { user, createdAt, updatedAt } = keptOf(row);
  const member = groups.filter((group) => group.members.includes(row.id));
  return {
    schemas: [schemaIds.user, ...(user[schemaIds.enterprise] ? [schemaIds.enterprise] : [])],
    id: row.id,
    ...user,
    groups: member.map(({ id, displayName }) => ({ value: id, display: displayName, $ref: `${base}/Groups/${id}` })),
    meta: { resourceType: 'User', created: createdAt, lastModified: updatedAt, location: `${base}/Users/${row.id}` },
  };
}
