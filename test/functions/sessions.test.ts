import { describe, expect, it } from 'vitest';
import type { HttpEvent } from '../../adapters/lambda/http.ts';
import { bearerOf, cookieOf, endedCookie, isOwnForm, sessionCookie, sessionOf } from '../../adapters/lambda/session.ts';
import { createSession, endSession, findSession } from '../../adapters/sessions.ts';
import { Directory } from '../../core/directory.ts';
import { sha256 } from '../../core/hash.ts';
import { sessionSeconds } from '../../core/session.ts';
import { directory, directoryWithout, later, start } from '../core/builders.ts';
import { memoryClient } from './memory-client.ts';

const via = 'signed in with a code sent to ada@example.com';

async function signedIn() {
  const { client, rows } = memoryClient();
  const { token } = await createSession(client, 'people', { personId: 'ada', via, now: start });
  const find = (given = token, at = later(start, 60), people = directory) =>
    findSession(client, 'people', given, { directory: people, now: at });
  return { client, rows, token, find };
}

const revoked = (at: string) =>
  new Directory(directory.everybody.map((person) => (person.id === 'ada' ? { ...person, revokedAt: at } : person)));

describe('a session', () => {
  it('is found by its token: whose, and how they were identified', async () => {
    const { find } = await signedIn();
    expect(await find()).toMatchObject({ personId: 'ada', via, createdAt: start, person: { mail: 'ada@example.com' } });
  });

  it('is stored under the hash of a token of 32 bytes, which stands nowhere', async () => {
    const { rows, token } = await signedIn();
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect([...rows.keys()]).toEqual([`session#${sha256(token)}|session`]);
    expect(JSON.stringify([...rows.values()])).not.toContain(token);
    expect([...rows.values()][0]?.ttl).toBe(Date.parse(later(start, sessionSeconds)) / 1000);
  });

  it.each(['', 'x', `${'a'.repeat(42)}!`, 'a'.repeat(43)])('is not found by %j', async (token) => {
    const { find } = await signedIn();
    expect(await find(token)).toBeUndefined();
  });

  it('is over after eight hours, at their very end', async () => {
    const { find, token } = await signedIn();
    expect(await find(token, later(start, sessionSeconds - 0.001))).toBeDefined();
    expect(await find(token, later(start, sessionSeconds))).toBeUndefined();
  });

  it('ends when the person signs out; ending it again, or none, is no error', async () => {
    const { client, find, token } = await signedIn();
    await endSession(client, 'people', token);
    expect(await find()).toBeUndefined();
    for (const given of [token, undefined, 'nonsense']) await endSession(client, 'people', given);
  });

  it('is dead once all of the person’s were revoked; one made later stands', async () => {
    const { find, token } = await signedIn();
    expect(await find(token, later(start, 60), revoked(start))).toBeUndefined();
    expect(await find(token, later(start, 60), revoked(later(start, 30)))).toBeUndefined();
    expect(await find(token, later(start, 60), revoked(later(start, -0.001)))).toBeDefined();
  });

  it('is dead once the person has left the directory', async () => {
    const { find, token } = await signedIn();
    expect(await find(token, later(start, 60), directoryWithout('ada'))).toBeUndefined();
  });
});

describe('a request', () => {
  const request = (headers: Record<string, string>, cookies?: string[]) =>
    ({ headers, ...(cookies ? { cookies } : {}) }) as unknown as HttpEvent;

  it.each([
    ['a cookie as AWS lists it', request({}, ['a=1', '__Host-holdpoint=tok'])],
    ['a cookie in the header', request({ cookie: 'a=1; __Host-holdpoint=tok; b=2' })],
    ['a bearer token', request({ authorization: `Bearer ${bearerOf('tok')}` })],
    ['a bearer token of ours before a cookie', request({ authorization: 'bearer hp_ps_tok' }, ['__Host-holdpoint=x'])],
    ['a cookie where the bearer is another’s', request({ authorization: 'Bearer hp_sa_x' }, ['__Host-holdpoint=tok'])],
  ])('names its session by %s', (_, event) => {
    expect(sessionOf(event)).toBe('tok');
  });

  it.each([
    ['nothing', request({})],
    ['a cookie whose name only ends so', request({ cookie: 'x__Host-holdpoint=tok' })],
    ['another prefix', request({ authorization: 'Bearer hp_sa_tok' })],
  ])('names none by %s', (_, event) => {
    expect(sessionOf(event)).toBeUndefined();
  });

  it('gets a cookie that scripts, other sites and plain connections never see', () => {
    const [pair, ...attributes] = sessionCookie('tok').split('; ');
    expect(cookieOf(request({}, [pair ?? '']), '__Host-holdpoint')).toBe('tok');
    expect(attributes.sort()).toEqual(['HttpOnly', 'Max-Age=28800', 'Path=/', 'SameSite=Strict', 'Secure']);
    expect(endedCookie).toContain('Max-Age=0');
  });

  it.each([
    ['a form of ours', { 'sec-fetch-site': 'same-origin', origin: 'null' }, true],
    ['a form of ours, by an older browser', { origin: 'https://holdpoint.example' }, true],
    ['a neighbour’s form', { 'sec-fetch-site': 'same-site', origin: 'https://holdpoint.example' }, false],
    ['another site’s form', { 'sec-fetch-site': 'cross-site' }, false],
    ['another origin', { origin: 'https://evil.example' }, false],
    ['no origin', {}, false],
  ])('%s: %j', (_, headers, own) => {
    expect(isOwnForm(request(headers), 'https://holdpoint.example/')).toBe(own);
  });
});
