/** People who decide by API: with a session, or a key that may bring their decisions. */

import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { createKey } from '../../adapters/keys.ts';
import { bearerOf } from '../../adapters/lambda/session.ts';
import { personKey } from '../../adapters/rows.ts';
import { createSession } from '../../adapters/sessions.ts';
import { documented, dynamo, madeKeys, stack, tables } from './world.ts';

const noted = (token: string): string => {
  appendFileSync(join(stack.dir, madeKeys), `${token}\n`);
  return token;
};

/** Somebody else whom the directory knows: without a role, unless some are given. */
export async function newPerson(id: string, roles: string[] = []): Promise<string> {
  const person = { id, name: `${id} Example`, mail: `${id}@example.com`, roles };
  await dynamo.send(new PutCommand({ TableName: tables.people, Item: { ...personKey(id), ...person } }));
  return id;
}

/** The headers of somebody who has signed in. */
export async function signedIn(personId: string): Promise<Record<string, string>> {
  const given = {
    personId,
    via: `signed in with a code sent to ${personId}@example.com`,
    now: new Date().toISOString(),
  };
  const { token } = await createSession(dynamo, tables.people, given);
  return { authorization: `Bearer ${bearerOf(noted(token))}` };
}

/** The headers of a key that may bring somebody's decisions; of another agent than any that asks. */
export async function keyFor(tenant: string, mayDecideAs?: string): Promise<Record<string, string>> {
  const { token } = await createKey(dynamo, tables.control, {
    tenant,
    agent: `agent://${tenant}/console`,
    name: 'test',
    now: new Date().toISOString(),
    ...(mayDecideAs === undefined ? {} : { mayDecideAs }),
  });
  return { 'x-api-key': noted(token) };
}

/** The headers of an auditor whom no other test knows, and who is asked nothing. */
export async function auditorSignedIn(): Promise<Record<string, string>> {
  const id = `auditor-${randomUUID().slice(0, 8)}`;
  const Item = { ...personKey(id), name: id, mail: `${id}@audit.example`, roles: ['auditors'] };
  await dynamo.send(new PutCommand({ TableName: tables.people, Item }));
  return signedIn(id);
}

/** The headers of a key that may read all decisions of its tenant. */
export async function auditKeyFor(tenant: string): Promise<Record<string, string>> {
  const { token } = await createKey(dynamo, tables.control, {
    tenant,
    agent: `agent://${tenant}/auditor`,
    name: 'test',
    now: new Date().toISOString(),
    scopes: ['decisions:read'],
  });
  return { 'x-api-key': noted(token) };
}

/** A call of anybody's; whatever JSON comes back. */
export async function call(method: string, path: string, headers: Record<string, string>, body?: unknown) {
  const response = await fetch(`${stack.baseUrl}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: await documented(method, path, response) };
}
