/** Who calls, and for whom: an API key, a person's session, or both. Cookies are for pages; no cookie opens a door here. */

import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type ApiKey, authenticate } from '../../adapters/keys.ts';
import type { CountRequest } from '../../adapters/lambda/callers.ts';
import { type HttpEvent, headerOf, keyOf } from '../../adapters/lambda/http.ts';
import { bearerSession } from '../../adapters/lambda/session.ts';
import type { Tables } from '../../adapters/rows.ts';
import { findSession } from '../../adapters/sessions.ts';
import type { Directory } from '../../core/directory.ts';
import { Unauthorized } from '../../core/errors.ts';
import { revokedSince } from '../../core/session.ts';

export interface Person {
  id: string;
  /** How they were identified, for the record. */
  via: string;
  /** By a session; else a key speaks for them. */
  signedIn: boolean;
}

export interface Caller {
  key: ApiKey | undefined;
  person: Person | undefined;
}

interface Known {
  client: DynamoDBDocumentClient;
  tables: Pick<Tables, 'control' | 'people'>;
  directory: Directory;
  now: string;
  count: CountRequest;
}

/** A session is no key. */
const platformKeyOf = (event: HttpEvent): string | undefined =>
  bearerSession(event) === undefined ? keyOf(event) : headerOf(event, 'x-api-key');

const bearerOf = (event: HttpEvent): string | undefined =>
  /^Bearer (.+)$/i.exec(headerOf(event, 'authorization') ?? '')?.[1];

/** Throws Unauthorized where nothing is sent, or anything that is sent is not valid; QuotaExceeded `rate_limited`. */
export async function callerOf(event: HttpEvent, known: Known): Promise<Caller> {
  const token = bearerSession(event);
  const sentKey = platformKeyOf(event);
  // Beside a key, any bearer token is meant to be the actor's.
  const actor = token ?? (headerOf(event, 'x-api-key') === undefined ? undefined : bearerOf(event));
  const [key, session] = await Promise.all([
    sentKey === undefined && actor !== undefined
      ? undefined
      : authenticate(known.client, known.tables.control, sentKey),
    actor === undefined ? undefined : findSession(known.client, known.tables.people, actor, known),
  ]);
  if (key) await known.count(event, key);
  if (actor !== undefined && !session)
    throw new Unauthorized('invalid_actor_token', 'This session is not valid, or over.');
  if (session) return { key, person: { id: session.personId, via: session.via, signedIn: true } };
  return { key, person: key?.mayDecideAs === undefined ? undefined : vouchedFor(key, known.directory) };
}

/** Whose decisions a key may bring: nobody's who has left, nor, made before a revoke, of whom that was. */
export function vouchedFor(
  { keyId, mayDecideAs = '', createdAt }: Pick<ApiKey, 'keyId' | 'mayDecideAs' | 'createdAt'>,
  directory: Directory,
): Person | undefined {
  const person = directory.find(mayDecideAs);
  if (!person || revokedSince(person, createdAt)) return undefined;
  return { id: person.id, via: `API key ${keyId}, which may decide as ${person.id}`, signedIn: false };
}

/** Throws Unauthorized where nobody is known to decide. */
export function personOf({ person }: Caller): Person {
  if (person) return person;
  throw new Unauthorized('missing_actor_token', 'A person decides: send their session as a bearer token.');
}
