/** What a receiver of webhooks checks before it believes one: who signed it, and when. */

import { createHmac, timingSafeEqual } from 'node:crypto';

/** Older or newer than this, seconds, it is refused: nobody can send a recorded one again later. */
const toleranceSeconds = 300;

interface Event {
  type: string;
  timestamp: string;
  data: Record<string, unknown>;
}

/** `secret`: as `whsec_…`; `body`: the bytes as they came, before any JSON parser. Throws where it is not to be believed. */
export function verified(headers: Record<string, string | undefined>, body: string, secret: string): Event {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures = '' } = headers;
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) <= toleranceSeconds) {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
    for (const one of signatures.split(' ')) {
      const [version, signature = ''] = one.split(',');
      const given = Buffer.from(signature, 'base64');
      if (version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected))
        return JSON.parse(body) as Event;
    }
  }
  throw new Error('This webhook is not to be believed.');
}
