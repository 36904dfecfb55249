import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wordOf } from '../../core/chain.ts';
import type { JsonObject } from '../../core/json.ts';
import { evaluate } from '../../core/policy.ts';
import { issueRefund } from '../../functions/tools/issue_refund/contract.ts';
import { refundPolicy } from '../../intents/refund.ts';
import { charge, evidenceOf, refundPayload, refundType } from '../core/builders.ts';

const factsOf = (payload: JsonObject, found: JsonObject) => refundType.facts(payload, evidenceOf(found), {}) as never;

/** `allowed`, `approval by <role>`, or the reasons of the denial. */
function verdict(payload: JsonObject = {}, found: JsonObject = {}): string {
  const judged = evaluate(refundPolicy, factsOf(refundPayload(payload), charge(found)));
  const reasons = judged.fired.map((rule) => rule.reason).join(', ');
  if (judged.outcome === 'allowed') return `allowed: ${reasons}`;
  return judged.outcome === 'approval'
    ? `approval by ${judged.of === 'assigned' ? 'assigned' : judged.of.steps.map(wordOf).join(', then ')}: ${reasons}`
    : reasons;
}

describe('the policy of refunds', () => {
  it.each<[string, JsonObject, JsonObject, string]>([
    ['−0.01', { amount_cents: -1 }, {}, 'amount_not_positive'],
    ['0.00', { amount_cents: 0 }, {}, 'amount_not_positive'],
    ['0.01', { amount_cents: 1 }, {}, 'allowed: small_amount'],
    ['50.00', { amount_cents: 5_000 }, {}, 'allowed: small_amount'],
    ['50.01', { amount_cents: 5_001 }, {}, 'approval by refunds: amount_needs_approval'],
    ['5,000.00', { amount_cents: 500_000 }, {}, 'approval by refunds: amount_needs_approval'],
    ['5,000.01', { amount_cents: 500_001 }, {}, 'approval by refunds, then finance: amount_needs_finance'],
    ['refunded whole before', { amount_cents: 100 }, { refunded_cents: 1_000_000 }, 'already_refunded'],
    ['exactly what is left', { amount_cents: 100 }, { refunded_cents: 999_900 }, 'allowed: small_amount'],
    ['a cent more than is left', { amount_cents: 101 }, { refunded_cents: 999_900 }, 'not_enough_left'],
    ['more than was charged', { amount_cents: 18_000 }, { amount_cents: 17_999 }, 'not_enough_left'],
    ['USD of a EUR charge', { currency: 'USD' }, {}, 'currency_mismatch, currency_without_limit'],
    ['EUR of a USD charge', {}, { currency: 'USD' }, 'currency_mismatch'],
    ['USD of a USD charge', { currency: 'USD', amount_cents: 100 }, { currency: 'USD' }, 'currency_without_limit'],
    ['no charge', {}, { found: false, amount_cents: 0, currency: '' }, 'charge_not_found'],
    [
      'everything wrong at once',
      { amount_cents: 600_000, currency: 'USD' },
      { refunded_cents: 900_000 },
      'currency_mismatch, not_enough_left, currency_without_limit',
    ],
  ])('%s', (_, payload, found, expected) => {
    expect(verdict(payload, found)).toBe(expected);
  });

  it('never lets a cent out beyond what is left, nor more than 50 EUR without a person', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: -10, max: 1_000_000 }),
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.constantFrom('EUR', 'USD'),
        (amount_cents, charged, refunded_cents, currency) => {
          const seen = verdict({ amount_cents, currency }, { amount_cents: charged, refunded_cents });
          const may = amount_cents > 0 && amount_cents <= charged - refunded_cents && currency === 'EUR';
          expect(seen.startsWith('allowed')).toBe(may && amount_cents <= 5_000);
          expect(seen.startsWith('approval')).toBe(may && amount_cents > 5_000);
          if (seen.startsWith('approval')) expect(seen.includes('then finance')).toBe(amount_cents > 500_000);
        },
      ),
    ));

  it('needs the evidence: without it nothing is decided', () => {
    expect(() => refundType.facts(refundPayload(), {}, {})).toThrow();
    expect(() => factsOf(refundPayload(), { ...charge(), amount_cents: '1000000' })).toThrow();
  });
});

describe('what a refund proposes', () => {
  it('fits the tool’s contract and shows before and after', () => {
    const facts = factsOf(refundPayload(), charge({ amount_cents: 50_000, refunded_cents: 2_000 }));
    const [action] = refundType.propose(facts);
    expect(issueRefund.input.safeParse(action?.args).success).toBe(true);
    expect(action?.changes).toEqual([
      { what: 'Charged', before: '500.00 EUR', after: '500.00 EUR' },
      { what: 'Refunded', before: '20.00 EUR', after: '200.00 EUR' },
      { what: 'Left of the charge', before: '480.00 EUR', after: '300.00 EUR' },
    ]);
  });
});

describe('the payload of a refund', () => {
  const takes = (over: object) => refundType.payload.safeParse({ ...refundPayload(), ...over });

  it('is taken, its currency in capitals', () => {
    expect(takes({ currency: 'eur' }).data).toEqual(refundPayload());
  });

  it.each([
    { order_id: '' },
    { order_id: undefined },
    { amount_cents: 0.5 },
    { amount_cents: '18000' },
    { amount_cents: 2 ** 53 },
    { currency: 'EURO' },
    { currency: '€' },
    { reason: 'x'.repeat(501) },
    { charge_id: 'ch_2' },
  ])('%j is refused', (over) => {
    expect(takes(over).success).toBe(false);
  });
});
