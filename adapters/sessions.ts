/** People's sessions in the table `People`: under the hash of their token, which nobody but the person's browser keeps. */

import { randomBytes } from 'node:crypto';
import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Directory, Person } from '../core/directory.ts';
import { sha256 } from '../core/hash.ts';
import { newSession, personOf, type Session } from '../core/session.ts';
import { sessionKey } from './rows.ts';

/** A session that stands, and whose it is. */
export interface SignedIn extends Session {
  person: Person;
}

/** 32 bytes, base64url. */
const shape = /^[A-Za-z0-9_-]{43}$/;

/** Signs a person in for eight hours. The token is shown this once. */
export const createSession = (
  client: DynamoDBDocumentClient,
  table: string,
  { personId, via, now }: { personId: string; via: string; now: string },
): Promise<{ token: string; session: Session }> => saveSession(client, table, newSession(personId, via, now));

/** Keeps a new session under a token that is shown this once. */
export async function saveSession(
  client: DynamoDBDocumentClient,
  table: string,
  session: Session,
): Promise<{ token: string; session: Session }> {
  const token = randomBytes(32).toString('base64url');
  await client.send(
    new PutCommand({
      TableName: table,
      Item: { ...sessionKey(sha256(token)), ...session, ttl: Math.ceil(Date.parse(session.expiresAt) / 1000) },
      ConditionExpression: 'attribute_not_exists(pk)',
    }),
  );
  return { token, session };
}

/**
 * The session of a token, if it stands: not over, not ended, not revoked since, and of somebody of the directory as it is now.
 * One read, strongly consistent: whoever signed out is out at once.
 */
export async function findSession(
  client: DynamoDBDocumentClient,
  table: string,
  token: string | undefined,
  known: { directory: Directory; now: string },
): Promise<SignedIn | undefined> {
  if (token === undefined || !shape.test(token)) return undefined;
  const found = await client.send(
    new GetCommand({ TableName: table, Key: sessionKey(sha256(token)), ConsistentRead: true }),
  );
  if (!found.Item) return undefined;
  const { personId, via, createdAt, expiresAt } = found.Item as Session;
  const person = personOf({ personId, via, createdAt, expiresAt }, known.directory, known.now);
  return person && { personId, via, createdAt, expiresAt, person };
}

/** Signs out. What never was, or is over, is no error. */
export async function endSession(
  client: DynamoDBDocumentClient,
  table: string,
  token: string | undefined,
): Promise<void> {
  if (token === undefined || !shape.test(token)) return;
  await client.send(new DeleteCommand({ TableName: table, Key: sessionKey(sha256(token)) }));
}
