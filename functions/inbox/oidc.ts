/** Signing in by the deployment's issuer. */

import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { context } from '../../adapters/lambda/context.ts';
import type { HttpEvent, HttpResult, Route } from '../../adapters/lambda/http.ts';
import { log } from '../../adapters/lambda/log.ts';
import { cookieOf, sessionCookie } from '../../adapters/lambda/session.ts';
import { type Issuer, openIssuer } from '../../adapters/oidc.ts';
import { createSession } from '../../adapters/sessions.ts';
import type { Directory } from '../../core/directory.ts';
import { PolicyDenied } from '../../core/errors.ts';
import { pageAnswer } from '../../pages/security.ts';
import { welcomePage } from '../../pages/sign-in.ts';
import { leadTo } from './form.ts';

/** The issuer sends people back from another site: a Strict cookie would not come with them. */
const pendingCookie = '__Host-holdpoint-oidc';
const pendingSeconds = 10 * 60;
const pendingAttributes = 'Path=/; HttpOnly; Secure; SameSite=Lax';

const keep = (value: string, seconds: number): string =>
  `${pendingCookie}=${value}; Max-Age=${seconds}; ${pendingAttributes}`;

const denied = () => new PolicyDenied('You could not be signed in. Begin again, or sign in with a code.');

interface Ports {
  client: DynamoDBDocumentClient;
  /** The table of people. */
  table: string;
  people: () => Promise<Directory>;
  baseUrl: string;
  issuer: Omit<Issuer, 'redirectUri'>;
}

export function issuerRoutes({ client, table, people, baseUrl, issuer }: Ports): Route[] {
  if (issuer.issuer === '') return [];
  const path = '/inbox/sign-in/issuer';
  const { begin, finish } = openIssuer({ ...issuer, redirectUri: `${baseUrl}${path}/back` });

  async function leave(): Promise<HttpResult> {
    const { url, pending } = await begin();
    return leadTo(url, [keep([pending.state, pending.nonce, pending.verifier].join('.'), pendingSeconds)]);
  }

  /** The mail address that the issuer vouches for; whatever is wrong with its answer is only logged. */
  async function vouchedFor(event: HttpEvent): Promise<string | undefined> {
    const [state, nonce, verifier] = cookieOf(event, pendingCookie)?.split('.') ?? [];
    if (!state || !nonce || !verifier) return undefined;
    try {
      return await finish(event.rawQueryString, { state, nonce, verifier });
    } catch (error) {
      const { name, message, code } = error as Error & { code?: string };
      log.warn('not signed in', { errorName: name, errorMessage: message, code });
      return undefined;
    }
  }

  /**
   * Browsers don't send the session's cookie, which is Strict, on a way that began at another site, and that goes for where
   * an answer redirects to as well. So this answers with a page of ours, which then leads on by itself.
   */
  async function back(event: HttpEvent): Promise<HttpResult> {
    const [mail, directory] = await Promise.all([vouchedFor(event), people()]);
    const person = directory.everybody.find((one) => one.mail.toLowerCase() === mail?.toLowerCase());
    if (!person) throw denied();
    const given = { personId: person.id, via: `signed in by ${issuer.issuer}`, now: context().now };
    const { token } = await createSession(client, table, given);
    const page = pageAnswer(200, welcomePage(person));
    return {
      ...page,
      headers: { ...page.headers, refresh: '0; url=/inbox' },
      cookies: [sessionCookie(token), keep('', 0)],
    };
  }

  return [
    { method: 'GET', path, handler: leave },
    { method: 'GET', path: `${path}/back`, handler: back },
  ];
}
