/** Sessions: a person signed in, for a while. */

import type { Directory, Person } from './directory.ts';

export interface Session {
  personId: string;
  /** How the person was identified, for the record, e.g. `signed in with a code sent to ada@example.com`. */
  via: string;
  /** ISO 8601, UTC. */
  createdAt: string;
  expiresAt: string;
}

/** A working day: who is asked for a code more often stops reading what it is for. */
export const sessionSeconds = 8 * 3600;

export const newSession = (personId: string, via: string, now: string): Session => ({
  personId,
  via,
  createdAt: now,
  expiresAt: new Date(Date.parse(now) + sessionSeconds * 1000).toISOString(),
});

/** Another one of the same sign-in, for a program. It ends with the first, so that none goes on for ever by making others. */
export const sessionBeside = ({ personId, via, expiresAt }: Session, now: string): Session => ({
  personId,
  via,
  createdAt: now,
  expiresAt,
});

/** Whether all that a person held was taken back since: links and sessions made until `revokedAt` are dead. */
export const revokedSince = ({ revokedAt }: Pick<Person, 'revokedAt'>, createdAt: string): boolean =>
  revokedAt !== undefined && Date.parse(createdAt) <= Date.parse(revokedAt);

/** Whose session it is, if it still stands: not over, and of somebody of the directory whose sessions were not revoked since. */
export function personOf(session: Session, directory: Directory, now: string): Person | undefined {
  if (Date.parse(session.expiresAt) <= Date.parse(now)) return undefined;
  const person = directory.everybody.find(({ id }) => id === session.personId);
  return person && !revokedSince(person, session.createdAt) ? person : undefined;
}
