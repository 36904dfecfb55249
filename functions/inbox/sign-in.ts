/** Signing in with a mailed code, and out. Whether somebody is known shows neither in what is answered nor in how long it takes. */

import { randomBytes } from 'node:crypto';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { doorCodes } from '../../adapters/lambda/codes.ts';
import { context } from '../../adapters/lambda/context.ts';
import { bodyAs, type HttpEvent, type HttpResult, json, type Route, traceIdOf } from '../../adapters/lambda/http.ts';
import { bearerOf, bearerSession, endedCookie, sessionCookie, sessionOf } from '../../adapters/lambda/session.ts';
import { createSession, endSession } from '../../adapters/sessions.ts';
import { codeSeconds } from '../../core/code.ts';
import type { Directory } from '../../core/directory.ts';
import { InvalidInput, Unauthorized } from '../../core/errors.ts';
import { sha256 } from '../../core/hash.ts';
import { pageAnswer } from '../../pages/security.ts';
import { codePage, signInPage } from '../../pages/sign-in.ts';
import { beginSignIn, finishSignIn, mailAddress } from '../../wire/sign-in.ts';
import { fieldsOf, leadTo } from './form.ts';

interface Ports {
  client: DynamoDBDocumentClient;
  /** The table of people. */
  table: string;
  people: () => Promise<Directory>;
  mailQueueUrl: string;
  baseUrl: string;
  /** Who else signs people in; empty where nobody does. */
  issuer: string;
}

/** A sign-in belongs to the browser, or the program, that began it: nobody else's can replace its code. */
const newSignIn = (): string => randomBytes(32).toString('base64url');

const purposeOf = (signIn: string) => `sign-in#${sha256(signIn)}` as const;

export function signInRoutes({ client, table, people, mailQueueUrl, baseUrl, issuer }: Ports): Route[] {
  const codes = doorCodes(client, table, mailQueueUrl);

  /** Does the same for everybody: what is mailed to whom is found out by the function that mails. */
  async function sendCode(event: HttpEvent, given: string, signIn: string): Promise<void> {
    const mail = mailAddress.safeParse(given.trim());
    if (!mail.success) throw new InvalidInput('This is not a mail address.', { field: 'mail' });
    const directory = await people();
    const known = directory.everybody.find((person) => person.mail.toLowerCase() === mail.data);
    const asked = { purpose: purposeOf(signIn), personId: known?.id, about: 'signing in' };
    await codes.ask(asked, `mail#${sha256(mail.data)}`, traceIdOf(event), context());
  }

  async function begin(event: HttpEvent): Promise<HttpResult> {
    const field = fieldsOf(event, baseUrl);
    const [mail, signIn] = [field('mail'), newSignIn()];
    try {
      await sendCode(event, mail, signIn);
      return pageAnswer(200, codePage({ mail, signIn }));
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      return pageAnswer(422, signInPage({ mail, refused: error.message, issuer }));
    }
  }

  async function finish(event: HttpEvent): Promise<HttpResult> {
    const field = fieldsOf(event, baseUrl);
    const [mail, signIn] = [field('mail'), field('sign_in')];
    try {
      if (field('action') === 'code') {
        await sendCode(event, mail, signIn);
        return pageAnswer(200, codePage({ mail, signIn }));
      }
      return await enter(field('code'), signIn);
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      return pageAnswer(422, codePage({ mail, signIn, refused: error.message }));
    }
  }

  /** A new session of whoever was mailed this code. Throws InvalidInput, field `code`. */
  async function sessionFor(digits: string, signIn: string) {
    const { now } = context();
    const [code, directory] = await Promise.all([
      codes.use(purposeOf(signIn), { digits, with: 'sign-in' }, now),
      people(),
    ]);
    const person = directory.everybody.find(({ id }) => id === code.personId);
    if (!person) throw new InvalidInput('You cannot sign in here any more.', { field: 'code' });
    const via = `signed in with a code sent to ${code.mail}`;
    return { person, ...(await createSession(client, table, { personId: person.id, via, now })) };
  }

  async function enter(digits: string, signIn: string): Promise<HttpResult> {
    const { token } = await sessionFor(digits, signIn);
    return leadTo('/inbox', [sessionCookie(token)]);
  }

  /** The same for programs: no cookie, and a session that is sent as a bearer token. */
  async function beginByApi(event: HttpEvent): Promise<HttpResult> {
    const { mail } = bodyAs(beginSignIn, event);
    const signIn = newSignIn();
    await sendCode(event, mail, signIn);
    return json(200, { ok: true, sign_in: signIn, expires_in_seconds: codeSeconds });
  }

  async function finishByApi(event: HttpEvent): Promise<HttpResult> {
    const { sign_in: signIn, code } = bodyAs(finishSignIn, event);
    const { token, session, person } = await sessionFor(code, signIn);
    return json(200, {
      ok: true,
      session_token: bearerOf(token),
      expires_at: session.expiresAt,
      person: { id: person.id, name: person.name },
    });
  }

  /** What is over already is no error. */
  async function outByApi(event: HttpEvent): Promise<HttpResult> {
    const token = bearerSession(event);
    if (token === undefined) throw new Unauthorized('missing_actor_token', 'Send the session as a bearer token.');
    await endSession(client, table, token);
    return json(200, { ok: true });
  }

  async function out(event: HttpEvent): Promise<HttpResult> {
    fieldsOf(event, baseUrl);
    await endSession(client, table, sessionOf(event));
    return leadTo('/inbox/sign-in', [endedCookie]);
  }

  return [
    { method: 'GET', path: '/inbox/sign-in', handler: async () => pageAnswer(200, signInPage({ issuer })) },
    { method: 'POST', path: '/inbox/sign-in', handler: begin },
    { method: 'POST', path: '/inbox/sign-in/code', handler: finish },
    { method: 'POST', path: '/inbox/sign-out', handler: out },
    { method: 'POST', path: '/v1/sign-in', handler: beginByApi },
    { method: 'POST', path: '/v1/sign-in/code', handler: finishByApi },
    { method: 'POST', path: '/v1/sign-out', handler: outByApi },
  ];
}
