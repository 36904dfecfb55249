/** Signing in by an issuer: what it must say, and what is refused. */

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Session } from '../../core/session.ts';
import type { Door } from '../abuse/doors.ts';
import { clientId, eventOf, memory, openInbox } from '../oidc/inbox.ts';
import { startIssuer } from '../oidc/issuer.ts';

vi.mock('../../adapters/lambda/tables.ts', async (original) => ({
  ...(await original<object>()),
  openStore: (await import('../oidc/inbox.ts')).openMemory,
}));

const base = 'https://holdpoint.example';
const good = { email: 'Ada@Example.com', email_verified: true };

let issuer: Awaited<ReturnType<typeof startIssuer>>;
let inbox: Door;
beforeAll(async () => {
  issuer = await startIssuer({ host: '127.0.0.1', clientId });
  inbox = await openInbox(base, issuer.issuer);
});
afterAll(() => issuer.close());

const call = (path: string, headers: Record<string, string> = {}) =>
  inbox.handler(eventOf('GET', new URL(path, base), headers), { getRemainingTimeInMillis: () => 30_000 });

const pairOf = (cookie: string | undefined): string => cookie?.split(';')[0] ?? '';

/** Leaves for the issuer; where it sends the browser back to, and the cookie that the browser kept. */
async function left() {
  const answer = await call('/inbox/sign-in/issuer');
  const to = new URL(String(answer.headers?.location));
  const back = await fetch(to, { redirect: 'manual' });
  return { answer, to, back: String(back.headers.get('location')), cookie: pairOf(answer.cookies?.[0]) };
}

async function signIn(over: { cookie?: string; back?: (url: URL) => void } = {}) {
  const { back, cookie } = await left();
  const url = new URL(back);
  over.back?.(url);
  return call(`${url.pathname}${url.search}`, { cookie: over.cookie ?? cookie });
}

describe('leaving for the issuer', () => {
  it('asks for a code, with PKCE, state and nonce, which a cookie keeps that comes back with the browser', async () => {
    const { answer, to, cookie } = await left();
    expect(answer.statusCode).toBe(303);
    expect(Object.fromEntries(to.searchParams)).toMatchObject({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: `${base}/inbox/sign-in/issuer/back`,
      scope: 'openid email',
      code_challenge_method: 'S256',
      state: expect.stringMatching(/^.{43}$/),
      nonce: expect.stringMatching(/^.{43}$/),
    });
    expect(answer.cookies?.[0]).toMatch(/^__Host-holdpoint-oidc=.*HttpOnly; Secure; SameSite=Lax$/);
    expect(to.search).not.toContain(cookie.split('.')[2]);
  });

  it('is offered on the page', async () => {
    expect((await call('/inbox/sign-in')).body).toContain(`Sign in with ${issuer.issuer.slice('http://'.length)}`);
  });
});

describe('coming back', () => {
  it('signs in the person whose address the issuer vouches for, and says by whom', async () => {
    issuer.wish({ claims: good });
    const answer = await signIn();
    expect(answer).toMatchObject({ statusCode: 200, headers: { refresh: '0; url=/inbox' } });
    const [session, ended] = answer.cookies ?? [];
    expect(session).toMatch(/^__Host-holdpoint=[\w-]{43}; .*SameSite=Strict$/);
    expect(ended).toMatch(/^__Host-holdpoint-oidc=; Max-Age=0/);
    expect([...memory.rows.values()].at(-1)).toMatchObject({ personId: 'ada', via: `signed in by ${issuer.issuer}` });
    expect((await call('/inbox', { cookie: pairOf(session) })).body).toContain('Ada Example');
  });

  it('gives a session for a program, which ends with the sign-in', async () => {
    issuer.wish({ claims: good });
    const cookie = pairOf((await signIn()).cookies?.[0]);
    const signedIn = [...memory.rows.values()].at(-1) as unknown as Session;
    const headers = { cookie, 'sec-fetch-site': 'same-origin' };
    const post = (given: Record<string, string>) =>
      inbox.handler(eventOf('POST', new URL('/inbox/me', base), given, 'do=session'), {
        getRemainingTimeInMillis: () => 30_000,
      });
    expect((await call('/inbox/me', { cookie })).body).not.toContain('hp_ps_');
    expect((await post({ ...headers, 'sec-fetch-site': 'same-site' })).statusCode).toBe(403);
    const answer = await post(headers);
    expect(answer).toMatchObject({ statusCode: 200, headers: { 'cache-control': 'no-store' } });
    const [token = ''] = /hp_ps_[\w-]{43}/.exec(answer.body ?? '') ?? [];
    expect([...memory.rows.values()].at(-1)).toMatchObject({
      personId: 'ada',
      via: `signed in by ${issuer.issuer}`,
      expiresAt: signedIn.expiresAt,
    });
    expect((await call('/inbox', { authorization: `Bearer ${token}` })).body).toContain('Ada Example');
  });

  it('asks for the address with the access token where the ID token holds none', async () => {
    issuer.wish({ userInfo: good });
    expect((await signIn()).statusCode).toBe(200);
  });

  const refused: [string, Parameters<typeof issuer.wish>[0]][] = [
    ['the nonce of another sign-in', { claims: { ...good, nonce: 'another' } }],
    ['another audience', { claims: { ...good, aud: 'another' } }],
    ['another issuer', { claims: { ...good, iss: 'https://evil.example' } }],
    ['a token that is over', { claims: { ...good, exp: 1 } }],
    ['a signature by another key', { claims: good, foreignKey: true }],
    ['an address that it has not verified', { claims: { ...good, email_verified: false } }],
    ['an address of which it does not say so', { claims: { email: good.email } }],
    ['an address verified in words', { claims: { ...good, email_verified: 'true' } }],
    ['no address', {}],
    ['somebody whom the directory does not know', { claims: { ...good, email: 'eve@example.com' } }],
    ['a person’s id in place of an address', { claims: { ...good, email: 'ada' } }],
  ];
  it.each(refused)('with %s signs nobody in', async (_, wish) => {
    issuer.wish(wish);
    const before = memory.rows.size;
    const answer = await signIn();
    expect(answer.statusCode).toBe(403);
    expect(answer.cookies ?? []).toEqual([]);
    expect(memory.rows.size).toBe(before);
  });

  it.each<[string, Parameters<typeof signIn>[0]]>([
    ['no cookie', { cookie: '' }],
    ['another’s cookie', { cookie: `__Host-holdpoint-oidc=${'a'.repeat(43)}.${'b'.repeat(43)}.${'c'.repeat(43)}` }],
    ['another state', { back: (url) => url.searchParams.set('state', 'another') }],
    ['no code', { back: (url) => url.searchParams.delete('code') }],
    ['a code that was never given', { back: (url) => url.searchParams.set('code', 'made-up') }],
    ['an error', { back: (url) => url.searchParams.set('error', 'access_denied') }],
    ['the answer of another issuer', { back: (url) => url.searchParams.set('iss', 'https://evil.example') }],
  ])('with %s signs nobody in', async (_, over) => {
    issuer.wish({ claims: good });
    const answer = await signIn(over);
    expect(answer.statusCode).toBe(403);
    expect(answer.cookies ?? []).toEqual([]);
  });

  it('works once: the code is used up', async () => {
    issuer.wish({ claims: good });
    const { back, cookie } = await left();
    const { pathname, search } = new URL(back);
    expect((await call(`${pathname}${search}`, { cookie })).statusCode).toBe(200);
    expect((await call(`${pathname}${search}`, { cookie })).statusCode).toBe(403);
  });
});
