/** Whether a webhook comes from the deployment: Standard Webhooks (https://www.standardwebhooks.com). WebCrypto, so that it runs everywhere. */

import { HoldpointError } from './errors.ts';

/** How far the sender's clock and ours may be apart, seconds. */
const defaultToleranceSeconds = 300;

export interface WebhookRequest {
  /** The raw body, as it came. */
  body: string | Uint8Array;
  headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface WebhookOptions {
  /** `whsec_…`, each of those that are valid while one replaces another. */
  secrets: string | readonly string[];
  toleranceSeconds?: number | undefined;
  /** Epoch ms. */
  now?: number | undefined;
}

/** What came, once it is known to be the deployment's. */
export interface Webhook<Payload> {
  /** The same for each try: whoever has seen it has worked on it already. */
  id: string;
  /** When it was sent. */
  at: Date;
  payload: Payload;
}

/** It is not to be trusted; nothing of it was read. */
export class WebhookVerificationError extends HoldpointError {
  override readonly name = 'WebhookVerificationError';
}

/** Throws WebhookVerificationError, and TypeError for a secret that is none. */
export async function verifyWebhook<Payload = unknown>(
  { body, headers }: WebhookRequest,
  { secrets, toleranceSeconds = defaultToleranceSeconds, now = Date.now() }: WebhookOptions,
): Promise<Webhook<Payload>> {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    headerOf(headers, name),
  );
  if (!id || !timestamp || !signatures) throw new WebhookVerificationError('A header of the signature is missing.');
  if (!/^\d{1,12}$/.test(timestamp)) throw new WebhookVerificationError('The time of sending is no number.');
  const sentMs = Number(timestamp) * 1000;
  if (Math.abs(now - sentMs) > toleranceSeconds * 1000)
    throw new WebhookVerificationError('It was sent too long ago, or lies in the future.');
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const signed = joined(new TextEncoder().encode(`${id}.${timestamp}.`), bytes);
  const keys = await Promise.all([secrets].flat().map(keyOf));
  for (const signature of signaturesIn(signatures))
    for (const key of keys)
      if (await crypto.subtle.verify('HMAC', key, signature, signed))
        return { id, at: new Date(sentMs), payload: JSON.parse(new TextDecoder().decode(bytes)) as Payload };
  throw new WebhookVerificationError('No signature fits.');
}

function headerOf(headers: WebhookRequest['headers'], name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const found = Object.entries(headers).find(([given]) => given.toLowerCase() === name)?.[1];
  return typeof found === 'string' ? found : found?.[0];
}

/** Those of version 1, which are HMAC-SHA256. */
const signaturesIn = (header: string): Uint8Array<ArrayBuffer>[] =>
  header.split(' ').flatMap((one) => {
    const [version, text = ''] = one.split(',');
    const bytes = version === 'v1' ? bytesOf(text) : undefined;
    return bytes ? [bytes] : [];
  });

function keyOf(secret: string) {
  const bytes = bytesOf(secret.replace(/^whsec_/, ''));
  if (!bytes || bytes.length === 0) throw new TypeError('A webhook secret is whsec_ and base64.');
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(one.length + other.length);
  all.set(one);
  all.set(other, one.length);
  return all;
}
