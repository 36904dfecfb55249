import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asSecret, countersOf, type DeliveryState } from '../../core/subscription.ts';
import { bytesOfSecret, secretOf } from '../../core/webhook.ts';

const signature = (key: Uint8Array | string, text: string) => createHmac('sha256', key).update(text).digest('hex');

describe('a secret that a client gives', () => {
  it('signs as its text does, whatever its length', () => {
    const text = fc
      .string({ minLength: 16, maxLength: 128, unit: 'grapheme' })
      .filter((one) => !one.startsWith('whsec_'));
    fc.assert(
      fc.property(text, fc.string(), (secret, message) => {
        const bytes = bytesOfSecret(asSecret(secret)) as Uint8Array;
        expect(signature(bytes, message)).toBe(signature(secret, message));
      }),
    );
  });

  it('of Standard Webhooks stays as it is', () => {
    const secret = secretOf(new Uint8Array(32).fill(3));
    expect(asSecret(secret)).toBe(secret);
  });
});

describe('counters', () => {
  it('say of every delivery how it stands, and nothing of more', () => {
    const states = fc.array(fc.constantFrom<DeliveryState>('pending', 'delivered', 'dead'));
    fc.assert(
      fc.property(states, fc.nat(9), (all, queued) => {
        const counted = countersOf(
          all.map((state) => ({ state })),
          queued,
        );
        expect(counted.pending + counted.processed_deliveries).toBe(all.length);
        expect(counted.delivered + counted.dead_lettered).toBe(counted.processed_deliveries);
        expect(counted.queued_deliveries).toBe(queued);
      }),
    );
  });
});
