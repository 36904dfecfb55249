/** An identity provider against the deployed stack, with a token of its own. */

import { expect } from 'vitest';
import { createProviderKey } from '../../adapters/keys.ts';
import { schemaIds } from '../../wire/scim.ts';
import { dynamo, stack, tables } from './world.ts';

export async function newProvider() {
  const given = { name: 'test', now: new Date().toISOString() };
  const { token, key } = await createProviderKey(dynamo, tables.control, given);
  const call = async (method: string, path: string, body?: object, bearer = token) => {
    const response = await fetch(`${stack.baseUrl}/scim/v2${path}`, {
      method,
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/scim+json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  };
  const made = async (path: string, body: object): Promise<string> => {
    const answer = await call('POST', path, body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    return answer.body.id;
  };
  return {
    keyId: key.keyId,
    call,
    /** With the mail address `<name>@example.com`; gives their id. */
    createUser: (name: string) =>
      made('/Users', {
        schemas: [schemaIds.user],
        userName: `${name}@corp.example`,
        externalId: name,
        displayName: `${name} Example`,
        emails: [{ primary: true, type: 'work', value: `${name}@example.com` }],
        active: true,
      }),
    createGroup: (displayName: string, ids: string[]) =>
      made('/Groups', { schemas: [schemaIds.group], displayName, members: ids.map((value) => ({ value })) }),
    patch: (path: string, ...Operations: object[]) => call('PATCH', path, { schemas: [schemaIds.patch], Operations }),
    remove: async (kind: 'Users' | 'Groups', id: string) => (await call('DELETE', `/${kind}/${id}`)).status,
  };
}
