/** How a session travels: in a cookie that only our own pages send, or as a bearer token. */

import { sessionSeconds } from '../../core/session.ts';
import { type HttpEvent, headerOf } from './http.ts';

/** Browsers take a name with this prefix only over a secure connection, for this host alone, and for all of its paths. */
const cookieName = '__Host-holdpoint';

const bearerPrefix = 'hp_ps_';

const attributes = 'Path=/; HttpOnly; Secure; SameSite=Strict';

/** For `cookies` of an answer. */
export const sessionCookie = (token: string): string =>
  `${cookieName}=${token}; Max-Age=${sessionSeconds}; ${attributes}`;

/** Takes the session's cookie away. */
export const endedCookie = `${cookieName}=; Max-Age=0; ${attributes}`;

/** A cookie of the request; API Gateway lists them apart from the headers. */
export function cookieOf(event: HttpEvent, name: string): string | undefined {
  const all = event.cookies ?? headerOf(event, 'cookie')?.split(';') ?? [];
  return all
    .map((one) => one.trim())
    .find((one) => one.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}

/** What a client sends as its session: `hp_ps_<token>`. */
export const bearerOf = (token: string): string => `${bearerPrefix}${token}`;

/** The token of the session that is sent as a bearer token, if it is one of ours. */
export function bearerSession(event: HttpEvent): string | undefined {
  const bearer = /^Bearer\s+(\S+)$/i.exec(headerOf(event, 'authorization') ?? '')?.[1];
  return bearer?.startsWith(bearerPrefix) ? bearer.slice(bearerPrefix.length) : undefined;
}

/** The token of the request's session: of its bearer token if it has one of ours, else of its cookie. */
export const sessionOf = (event: HttpEvent): string | undefined => bearerSession(event) ?? cookieOf(event, cookieName);

/**
 * Whether a form was sent by a page of ours. SameSite keeps the cookie from other sites' requests; this also keeps out
 * neighbours under the same registrable domain. Our pages name no referrer, for which browsers send `Origin: null`.
 */
export function isOwnForm(event: HttpEvent, baseUrl: string): boolean {
  const site = headerOf(event, 'sec-fetch-site');
  return site === undefined ? headerOf(event, 'origin') === new URL(baseUrl).origin : site === 'same-origin';
}
