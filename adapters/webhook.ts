/**
 * Sends signed webhooks to addresses that others gave us. A name is resolved once, every address that it has must be public,
 * and the connection goes to one that was looked at: no second look-up that could say something else. No redirect is followed.
 */

import { lookup } from 'node:dns/promises';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { isPublicAddress } from '../core/public-address.ts';
import { hostOf, receiverUrl, signedHeaders, type Verdict, verdictOf } from '../core/webhook.ts';

/** For all of it: name, connection, answer. */
const timeoutSeconds = 15;

/** What is read of an answer, which means nothing but by its status. */
const maxAnswerBytes = 16_384;

export interface Webhook {
  url: string;
  /** The same for each try of the same delivery; no dot in it. */
  id: string;
  /** JSON. */
  body: string;
  /** Those that are good now. */
  secrets: readonly string[];
}

/** A name's addresses. A function's network has no IPv6 unless it is given one: the others come first. */
const resolveAll = async (host: string): Promise<string[]> =>
  (await lookup(host, { all: true, order: 'ipv4first' })).map(({ address }) => address);

/**
 * Gives what became of it; throws for an id or secret that is none, and for nothing that the receiver does.
 *
 * @param localHosts names that are reached wherever they lie, by http too
 */
export function webhookSender(localHosts: readonly string[], resolve = resolveAll, timeoutMs = timeoutSeconds * 1000) {
  return async ({ url: given, ...signed }: Webhook): Promise<Verdict> => {
    const url = receiverUrl(given, localHosts);
    if (typeof url === 'string') return { is: 'failed', why: 'address_refused' };
    const headers = {
      ...signedHeaders(signed, Date.now()),
      host: url.host,
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(signed.body)),
      'user-agent': 'Holdpoint',
    };
    const signal = AbortSignal.timeout(timeoutMs);
    const failed = (why: 'not_reached' | 'broken_off'): Verdict => ({
      is: 'failed',
      why: signal.aborted ? 'timeout' : why,
    });

    const addresses = await untilAborted(addressesOf(hostOf(url), resolve), signal).catch(() => []);
    const [address] = addresses;
    if (address === undefined) return failed('not_reached');
    const local = localHosts.includes(hostOf(url));
    if (!local && !addresses.every(isPublicAddress)) return { is: 'failed', why: 'address_refused' };

    const answer = await answerOf(post(url, address, headers, signal), signed.body).catch(() => undefined);
    if (!answer) return failed('not_reached');
    const whole = await readBounded(answer).then(
      () => true,
      () => false,
    );
    if (!whole) return failed('broken_off');
    const { statusCode: status = 0, headers: said } = answer;
    return verdictOf({ status, retryAfter: said['retry-after'] }, Date.now());
  };
}

const addressesOf = async (host: string, resolve: typeof resolveAll): Promise<string[]> =>
  isIP(host) === 0 ? resolve(host) : [host];

/** A look-up can't be ended, only left alone. */
const untilAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  Promise.race([
    work,
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
  ]);

/** To an address, in the name of the URL's host: its certificate is checked for that. */
function post(url: URL, address: string, headers: Record<string, string>, signal: AbortSignal): ClientRequest {
  const host = hostOf(url);
  const secure = url.protocol === 'https:';
  return (secure ? httpsRequest : httpRequest)({
    method: 'POST',
    host: address,
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    path: url.pathname + url.search,
    headers,
    // Never kept: a thawed function meets no stale connection, and the next one is looked at again.
    agent: false,
    signal,
    ...(secure && isIP(host) === 0 ? { servername: host } : {}),
  });
}

const answerOf = (request: ClientRequest, body: string): Promise<IncomingMessage> =>
  new Promise((done, failed) => {
    request.on('response', done).on('error', failed);
    request.end(body);
  });

/** To its end, or to the bound. Throws where it breaks off before either. */
async function readBounded(answer: IncomingMessage): Promise<void> {
  let bytes = 0;
  for await (const chunk of answer) {
    bytes += (chunk as Buffer).length;
    if (bytes > maxAnswerBytes) return;
  }
}
