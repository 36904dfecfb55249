/** Webhooks by Standard Webhooks: what is ours is taken, nothing else is. */

import { createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifyWebhook, WebhookVerificationError } from '../../../clients/sdk/index.ts';

// The example of the specification.
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const other = `whsec_${Buffer.from('another secret of some length').toString('base64')}`;
const at = 1_614_265_330;
const now = at * 1000;

const signed = (body: string, by = secret, id = 'msg_p5jXN8AQM9LWM0D4loKWxJek', time = String(at)) => {
  const key = Buffer.from(by.slice('whsec_'.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': `v1,${signature}` };
};

describe('a webhook', () => {
  it('of the specification’s example is taken', async () => {
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': String(at),
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    };
    const hook = await verifyWebhook({ body: '{"test": 2432232314}', headers }, { secrets: secret, now });
    expect(hook).toEqual({ id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', at: new Date(now), payload: { test: 2432232314 } });
  });

  it('is taken with any of several secrets and signatures, and headers of any kind', async () => {
    const ours = signed('{}');
    const signatures = `v1a,abc v1,${'A'.repeat(44)} v1,!! ${ours['webhook-signature']}`;
    for (const headers of [
      new Headers(ours),
      { ...ours, 'webhook-signature': signatures },
      { 'Webhook-Id': ours['webhook-id'], 'WEBHOOK-TIMESTAMP': [String(at)], 'Webhook-Signature': signatures },
    ])
      expect(
        await verifyWebhook({ body: new TextEncoder().encode('{}'), headers }, { secrets: [other, secret], now }),
      ).toMatchObject({
        payload: {},
      });
  });

  it('is refused where anything of it was changed', async () => {
    const text = JSON.stringify({ event: 'intent.completed' });
    const verify = (body: string, headers: Record<string, string>) =>
      verifyWebhook({ body, headers }, { secrets: secret, now });
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), fc.constantFrom('x', '{', '9'), async (place, letter) => {
        const changed = text.slice(0, place) + letter + text.slice(place + 1);
        fc.pre(changed !== text);
        await expect(verify(changed, signed(text))).rejects.toThrow(WebhookVerificationError);
      }),
    );
    for (const [name, value] of [
      ['webhook-id', 'msg_2'],
      ['webhook-timestamp', String(at + 1)],
      ['webhook-timestamp', 'soon'],
      ['webhook-signature', 'v1,'],
      ['webhook-signature', signed(text)['webhook-signature'].replace('v1', 'v2')],
    ] as const)
      await expect(verify(text, { ...signed(text), [name]: value })).rejects.toThrow(WebhookVerificationError);
    for (const name of Object.keys(signed(text)) as (keyof ReturnType<typeof signed>)[]) {
      const { [name]: _, ...rest } = signed(text);
      await expect(verify(text, rest)).rejects.toThrow('is missing');
    }
    await expect(verify(text, signed(text, other))).rejects.toThrow('No signature fits');
  });

  it('is refused where its time is not ours', async () => {
    const request = { body: '{}', headers: signed('{}') };
    for (const seconds of [-301, 301])
      await expect(verifyWebhook(request, { secrets: secret, now: now + seconds * 1000 })).rejects.toThrow(
        'too long ago',
      );
    const late = { secrets: secret, now: now + 3_600_000, toleranceSeconds: 3600 };
    expect(await verifyWebhook(request, late)).toMatchObject({ payload: {} });
  });

  it('needs a secret that is one', async () => {
    const request = { body: '{}', headers: signed('{}') };
    for (const secrets of ['whsec_', 'whsec_***', []])
      await expect(verifyWebhook(request, { secrets, now })).rejects.toThrow();
  });
});
