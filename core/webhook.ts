/**
 * A signed request to an address that somebody gave us, by Standard Webhooks (standardwebhooks.com): where it may go, how it
 * is signed, what an answer means, and when it is tried again. Sending is `adapters/webhook.ts`.
 */

import { createHmac } from 'node:crypto';
import { isIP } from 'node:net';
import { isPublicAddress } from './public-address.ts';
import { exceeds } from './text.ts';

const secretPrefix = 'whsec_';

/** Bytes of a secret, which Standard Webhooks wants between these. */
export const secretBytes = { min: 24, made: 32, max: 64 } as const;

/** Bytes → a secret as its owner is shown it. */
export const secretOf = (bytes: Uint8Array): string => secretPrefix + Buffer.from(bytes).toString('base64');

/** The bytes of a secret; undefined for what is none. */
export function bytesOfSecret(secret: string): Uint8Array | undefined {
  if (!secret.startsWith(secretPrefix)) return undefined;
  const text = secret.slice(secretPrefix.length);
  const bytes = Buffer.from(text, 'base64');
  const whole = bytes.toString('base64') === text;
  return whole && bytes.length >= secretBytes.min && bytes.length <= secretBytes.max ? bytes : undefined;
}

/**
 * The headers that show who sent a body: `id` without a dot (it is a part of what is signed, between dots), time in whole
 * seconds, and a signature by each secret that is good now. Throws TypeError for an id or a secret that is none.
 */
export function signedHeaders(
  { id, body, secrets }: { id: string; body: string; secrets: readonly string[] },
  now: number,
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  if (id === '' || id.includes('.')) throw new TypeError('no id of a webhook');
  const timestamp = String(Math.floor(now / 1000));
  const signed = secrets.map((secret) => {
    const bytes = bytesOfSecret(secret);
    if (!bytes) throw new TypeError('no secret of a webhook');
    return `v1,${createHmac('sha256', bytes).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  if (signed.length === 0) throw new TypeError('a webhook without a secret');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signed.join(' ') };
}

/** Longest address that is taken, characters. */
export const maxUrlLength = 2048;

/** Why an address is refused. */
export type UrlFault = 'not_a_url' | 'not_https' | 'has_credentials' | 'not_public';

/** A host's name or literal, without the brackets of IPv6. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');

/**
 * What a receiver's address says by itself; what its name resolves to is looked at when something is sent. `localHosts` are
 * reached by http too, and wherever they lie: for a stack on one machine.
 */
export function receiverUrl(given: string, localHosts: readonly string[]): URL | UrlFault {
  if (exceeds(given, maxUrlLength) || !URL.canParse(given)) return 'not_a_url';
  const url = new URL(given);
  const host = hostOf(url);
  const local = localHosts.includes(host);
  if (url.protocol !== 'https:' && !(local && url.protocol === 'http:')) return 'not_https';
  if (url.username !== '' || url.password !== '') return 'has_credentials';
  if (!local && isIP(host) !== 0 && !isPublicAddress(host)) return 'not_public';
  url.hash = '';
  return url;
}

/** What became of one request. */
export type Verdict =
  | { is: 'taken'; status: number }
  /** Nothing is wanted there any more. */
  | { is: 'gone'; status: 410 }
  | {
      is: 'failed';
      /** Fixed words, with nothing in them that the receiver said. */
      why: 'status' | 'timeout' | 'not_reached' | 'broken_off' | 'address_refused' | 'nobody';
      status?: number;
      /** How long the receiver asks to be left alone. */
      retryAfterSeconds?: number;
    };

/** An answer that came whole. 2xx alone is a yes; a redirect is a no like others, since none is followed. */
export function verdictOf(
  { status, retryAfter }: { status: number; retryAfter?: string | undefined },
  now: number,
): Verdict {
  if (status >= 200 && status <= 299) return { is: 'taken', status };
  if (status === 410) return { is: 'gone', status };
  const retryAfterSeconds = secondsOf(retryAfter, now);
  return { is: 'failed', why: 'status', status, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
}

/** No receiver puts us off for longer than this at a time: a day. */
export const maxRetryAfterSeconds = 86_400;

/** `Retry-After` (RFC 9110: seconds, or a date) → seconds from now. undefined for what is neither. */
function secondsOf(retryAfter: string | undefined, now: number): number | undefined {
  const text = retryAfter?.trim() ?? '';
  const given = /^\d+$/.test(text) ? Number(text) : Math.ceil((httpDate(text) - now) / 1000);
  return Number.isNaN(given) ? undefined : Math.max(0, Math.min(given, maxRetryAfterSeconds));
}

/** All forms of the date that HTTP knows begin with a day's name. */
const httpDate = (text: string): number =>
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text) ? Date.parse(text) : Number.NaN;

/**
 * Pauses after each failed try, seconds; the last for all that follow. Restarts and deployments pass in the first, outages
 * of a night in the later ones: ten tries take 16 hours at the most.
 */
export const retryPausesSeconds = [5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800] as const;

/** Milliseconds until the next try, after the try of this number (from 1): between half and the whole of its pause by `jitter` from 0 to 1, and never before the receiver wants. */
export function retryPauseMs(attempt: number, jitter: number, retryAfterSeconds = 0): number {
  const seconds = retryPausesSeconds[Math.min(attempt, retryPausesSeconds.length) - 1] ?? retryPausesSeconds[0];
  return Math.max(Math.round(seconds * 1000 * (0.5 + jitter / 2)), retryAfterSeconds * 1000);
}
