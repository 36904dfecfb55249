/** Somebody who is signed in, as their browser would be. */

import { bearerOf } from '../../adapters/lambda/session.ts';
import { createSession } from '../../adapters/sessions.ts';
import { dynamo, stack, tables } from './world.ts';

export const viaOfTests = 'signed in by a test';

/** The token of a new session. */
export async function signIn(personId: string): Promise<string> {
  const given = { personId, via: viaOfTests, now: new Date().toISOString() };
  return (await createSession(dynamo, tables.people, given)).token;
}

export interface Visitor {
  get(path: string): Promise<{ status: number; page: string; location: string | null }>;
  /** As the page's own form does, unless other headers are given. */
  post(
    path: string,
    form: readonly (readonly [string, string])[],
    headers?: Record<string, string>,
  ): Promise<{ status: number; page: string; location: string | null }>;
}

/** `token`: of a session; without one, nobody. */
export function visitor(token?: string): Visitor {
  const signed = token === undefined ? {} : { authorization: `Bearer ${bearerOf(token)}` };
  const ask = async (path: string, init: RequestInit) => {
    const answer = await fetch(`${stack.baseUrl}${path}`, { ...init, redirect: 'manual' });
    return { status: answer.status, page: await answer.text(), location: answer.headers.get('location') };
  };
  return {
    get: (path) => ask(path, { headers: signed }),
    post: (path, form, headers = { origin: stack.baseUrl }) =>
      ask(path, {
        method: 'POST',
        headers: { ...signed, ...headers },
        body: formBody(form),
      }),
  };
}

/** Fields in order; a name may come more than once. */
export function formBody(fields: readonly (readonly [string, string])[]): URLSearchParams {
  const body = new URLSearchParams();
  for (const [name, value] of fields) body.append(name, value);
  return body;
}
