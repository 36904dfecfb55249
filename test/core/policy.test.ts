import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { oneOf } from '../../core/chain.ts';
import { evaluate, type Rule } from '../../core/policy.ts';

type Facts = { n: number };

const rule = (id: string, verdict: Rule<Facts>['verdict'], when: (facts: Facts) => boolean): Rule<Facts> => ({
  id,
  reason: `${id}_reason`,
  says: `${id} says`,
  when,
  verdict,
});
const deny = { do: 'deny' } as const;
const allow = { do: 'allow' } as const;
const require = { do: 'require', of: oneOf('bosses') } as const;
const broken = () => {
  throw new Error('cannot be evaluated');
};

const judge = (...rules: Rule<Facts>[]) => evaluate({ version: '1', rules }, { n: 1 });

describe('a policy', () => {
  it('denies what no rule covers, with a reason', () => {
    expect(judge(rule('never', allow, () => false))).toEqual({
      outcome: 'denied',
      fired: [expect.objectContaining({ reason: 'no_rule_matched' })],
    });
    expect(judge()).toMatchObject({ outcome: 'denied' });
  });

  it('reports all denials together, before anything that would allow', () => {
    const verdict = judge(
      rule('a', allow, () => true),
      rule('b', deny, () => true),
      rule('c', deny, () => true),
    );
    expect(verdict).toEqual({
      outcome: 'denied',
      fired: [
        { id: 'b', reason: 'b_reason', says: 'b says' },
        { id: 'c', reason: 'c_reason', says: 'c says' },
      ],
    });
  });

  it.each([
    ['allows', allow],
    ['asks', require],
    ['denies', deny],
  ] as const)('denies where a rule that %s throws', (_, verdict) => {
    expect(
      judge(
        rule('good', allow, () => true),
        rule('bad', verdict, broken),
      ),
    ).toMatchObject({
      outcome: 'denied',
      fired: [{ id: 'bad' }],
    });
  });

  it('lets the first rule decide where none denies', () => {
    const asks = rule('ask', require, () => true);
    const lets = rule('let', allow, () => true);
    expect(judge(asks, lets)).toMatchObject({
      outcome: 'approval',
      of: { steps: [{ role: 'bosses', need: 1 }], against: 'veto' },
      fired: [{ id: 'ask' }],
    });
    expect(judge(lets, asks)).toMatchObject({ outcome: 'allowed', fired: [{ id: 'let' }] });
  });

  it('never lets anything through over a denial, and says the same each time', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ verdict: fc.constantFrom(deny, allow, require), does: fc.constantFrom('yes', 'no', 'throw') }),
        ),
        (made) => {
          const rules = made.map(({ verdict, does }, i) =>
            rule(`r${i}`, verdict, does === 'throw' ? broken : () => does === 'yes'),
          );
          const verdict = judge(...rules);
          const denied = made.some((m) => m.does === 'throw' || (m.does === 'yes' && m.verdict.do === 'deny'));
          const matched = made.some((m) => m.does === 'yes');
          expect(verdict.outcome === 'denied').toBe(denied || !matched);
          expect(verdict.fired.length).toBeGreaterThan(0);
          expect(judge(...rules)).toEqual(verdict);
        },
      ),
    ));
});
