import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashOf } from '../../core/hash.ts';
import { canonicalJson } from '../../core/json.ts';
import { effectIdOf, type Plan, planHash, riskOf, shortHash } from '../../core/plan.ts';

const plan: Plan = {
  objective: 'Refund 180.00 EUR of order A-1042',
  actions: [
    { tool: 'issue_refund', args: { amount_cents: 18_000, currency: 'EUR' }, idempotency_key: 'i.1', changes: [] },
  ],
  risk: { category: 'high', score: 75, reasons: ['effect_class:money'] },
  requires_approval: true,
  policy_version: 'refund-1',
  tool_versions: { issue_refund: '1' },
};

/** The same value with its keys in another order, at every depth. */
const turned = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(turned);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, turned(inner)]),
  );
};

/** Every way to change one leaf of a value. */
const changedLeaves = (value: unknown): unknown[] => {
  if (Array.isArray(value))
    return value.flatMap((inner, i) => changedLeaves(inner).map((other) => value.map((v, j) => (i === j ? other : v))));
  if (value && typeof value === 'object')
    return Object.entries(value).flatMap(([key, inner]) =>
      changedLeaves(inner).map((other) => ({ ...value, [key]: other })),
    );
  return [typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : `${value} `];
};

describe("a plan's hash", () => {
  it('is the same whatever order the keys came in', () => {
    expect(JSON.stringify(turned(plan))).not.toBe(JSON.stringify(plan));
    expect(planHash(turned(plan) as Plan)).toBe(planHash(plan));
  });

  it('changes with every single value in it', () => {
    const others = changedLeaves(plan) as Plan[];
    expect(others.length).toBeGreaterThan(10);
    expect(new Set([plan, ...others].map(planHash)).size).toBe(others.length + 1);
  });

  it('is 64 hex digits, of which people see 12', () => {
    expect(planHash(plan)).toMatch(/^[0-9a-f]{64}$/);
    expect(shortHash(planHash(plan))).toBe(planHash(plan).slice(0, 12));
  });
});

describe('canonical JSON', () => {
  it('is JSON of the same value, and one text for equal values', () =>
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        // JSON knows no negative zero.
        const plain = JSON.parse(JSON.stringify(value));
        expect(JSON.parse(canonicalJson(plain))).toEqual(plain);
        expect(hashOf(turned(plain))).toBe(hashOf(plain));
      }),
    ));

  it.each([Number.NaN, Number.POSITIVE_INFINITY, undefined])('refuses %s', (value) => {
    expect(() => canonicalJson(value)).toThrow();
  });
});

describe('risk and ids', () => {
  it('is that of the most dangerous action', () => {
    expect(riskOf(['read', 'money', 'reversible'])).toEqual({
      category: 'high',
      score: 75,
      reasons: ['effect_class:money'],
    });
    expect(riskOf(['destructive', 'money']).score).toBe(95);
    expect(riskOf([])).toMatchObject({ category: 'low' });
  });

  it('gives each action of an intent one effect id', () => {
    expect([effectIdOf('i', 1), effectIdOf('i', 2)]).toEqual(['i.1', 'i.2']);
  });
});
