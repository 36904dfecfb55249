import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  budgetShards,
  type Cap,
  type Metered,
  type Part,
  reportedCell,
  reserve,
  returned,
  type Spends,
  scopeOf,
  standing,
  subCap,
  windowAt,
} from '../../core/budget.ts';
import * as given from './builders.ts';

const now = given.start;
const target = { kind: 'agent', id: given.agent } as const;
const capped = (caps: Cap[], more: Partial<Metered> = {}): Metered => ({
  target,
  caps,
  onBreach: 'block',
  epoch: 1,
  ...more,
});
const cells = (one: Metered, rows: ReadonlyMap<string, number>) => new Map([[scopeOf(one), rows]]);

/** Counters with the conditions that DynamoDB would hold them to. */
function counters() {
  const rows = new Map<string, number>();
  return {
    rows,
    /** All parts, or none where one has no room any more. */
    commit(parts: readonly Part[]): boolean {
      const fits = parts.every(({ cell, room }) => room === undefined || (rows.get(cell) ?? 0) <= room);
      if (fits) for (const { cell, amount } of parts) rows.set(cell, (rows.get(cell) ?? 0) + amount);
      return fits;
    },
    giveBack(parts: readonly Part[]): void {
      for (const { cell, amount } of parts) rows.set(cell, (rows.get(cell) ?? 0) - amount);
    },
    total: () => [...rows.values()].reduce((sum, n) => sum + n, 0),
  };
}

/** Agents that read, reserve on what they read, commit, and give back, in any order. */
type Step = { who: number } & ({ do: 'read' } | { do: 'commit' } | { do: 'fail' });
const steps = fc.array(
  fc.record({ who: fc.nat(7), do: fc.constantFrom('read', 'commit', 'commit', 'fail') }) as fc.Arbitrary<Step>,
  { maxLength: 300 },
);

describe('a budget', () => {
  it('is split into sub-caps that are the cap together', () => {
    fc.assert(
      fc.property(fc.nat(10_000_000), (most) => {
        const parts = Array.from({ length: budgetShards }, (_, shard) => subCap(most, shard));
        expect(parts.reduce((sum, n) => sum + n, 0)).toBe(most);
        expect(Math.max(...parts) - Math.min(...parts)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('is never gone over, whatever the order in which many reserve and give back; what was given back is there again', () => {
    fc.assert(
      fc.property(
        fc.nat(200),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 8, maxLength: 8 }),
        steps,
        (most, amounts, story) => {
          const one = capped([{ kind: 'money_EUR', window: 'day', most }]);
          const table = counters();
          const plans = new Map<number, Part[]>();
          const held = new Map<number, Part[][]>();
          for (const [n, { who, do: what }] of story.entries()) {
            if (what === 'read') {
              const spends: Spends = { money_EUR: amounts[who] as number };
              const found = reserve([one], cells(one, new Map(table.rows)), spends, `${who}-${n}`, now);
              if ('parts' in found) plans.set(who, found.parts);
            } else if (what === 'commit') {
              const plan = plans.get(who);
              plans.delete(who);
              if (plan && table.commit(plan)) held.set(who, [...(held.get(who) ?? []), plan]);
            } else table.giveBack(held.get(who)?.pop() ?? []);
            expect(table.total()).toBeLessThanOrEqual(most);
            expect([...table.rows.values()].every((used) => used >= 0)).toBe(true);
          }
          const open = [...held.values()].flat(2).reduce((sum, { amount }) => sum + amount, 0);
          expect(table.total()).toBe(open);
        },
      ),
    );
  });

  it('is used up to the last, also where one reservation needs several shards', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.integer({ min: 1, max: 60 }), (most, amount) => {
        const one = capped([{ kind: 'money_EUR', window: 'day', most }]);
        const table = counters();
        let taken = 0;
        for (let n = 0; n < 600; n += 1) {
          const found = reserve([one], cells(one, table.rows), { money_EUR: amount }, String(n), now);
          if ('breach' in found) break;
          expect(table.commit(found.parts)).toBe(true);
          expect(found.parts.reduce((sum, part) => sum + part.amount, 0)).toBe(amount);
          taken += 1;
        }
        expect(taken).toBe(Math.floor(most / amount));
      }),
    );
  });

  it('that is changed counts what was used under the one before', () => {
    fc.assert(
      fc.property(fc.nat(100), fc.nat(100), (before, after) => {
        const table = counters();
        const spend = (one: Metered) => {
          for (let n = 0; n < 120; n += 1) {
            const found = reserve([one], cells(one, table.rows), { intents: 1 }, String(n), now);
            if ('breach' in found) return;
            expect(table.commit(found.parts)).toBe(true);
          }
        };
        spend(capped([{ kind: 'intents', window: 'day', most: before }]));
        spend(capped([{ kind: 'intents', window: 'day', most: after }], { epoch: 2 }));
        expect(table.total()).toBe(Math.max(before, after));
      }),
    );
  });

  it('says what is over, and when there is room again', () => {
    const one = capped([
      { kind: 'intents', window: 'day', most: 5 },
      { kind: 'intents', window: 'hour', most: 0 },
    ]);
    const found = reserve([one], new Map(), { intents: 1 }, 'a', now);
    const until = windowAt('hour', now).until;
    expect(found).toEqual({
      breach: {
        scope: `agent#${given.agent}`,
        kind: 'intents',
        window: 'hour',
        most: 0,
        retryAfterSeconds: Math.ceil((until - Date.parse(now)) / 1000),
      },
    });
  });

  it('that only alerts lets it through, and counts it', () => {
    const one = capped([{ kind: 'intents', window: 'day', most: 0 }], { onBreach: 'alert' });
    const found = reserve([one], new Map(), { intents: 1 }, 'a', now);
    expect(found).toMatchObject({ parts: [{ amount: 1 }], alerts: [{ kind: 'intents' }] });
  });

  it('of cost counts what agents report: whoever is over it starts nothing', () => {
    const one = capped([{ kind: 'cost_usd', window: 'day', most: 1000 }]);
    const told = (used: number) => cells(one, new Map([[reportedCell(given.agent, now).cell, used]]));
    expect(reserve([one], told(999), { cost_usd: 0 }, 'a', now)).toEqual({ parts: [], alerts: [] });
    expect(reserve([one], told(1000), { cost_usd: 0 }, 'a', now)).toHaveProperty('breach');
    const money = (amount: number) => reserve([one], told(900), { cost_usd: amount }, 'a', now);
    expect(money(100)).toHaveProperty('parts');
    expect(money(101)).toHaveProperty('breach');
    const rows = told(900).get(scopeOf(one)) ?? new Map();
    expect(standing(one, rows, now)).toEqual([{ kind: 'cost_usd', window: 'day', most: 1000, used: 900 }]);
  });

  it('asks nothing of what has no cap', () => {
    const one = capped([{ kind: 'tool_calls', window: 'day', most: 0 }]);
    expect(reserve([one], new Map(), { intents: 1 }, 'a', now)).toEqual({ parts: [], alerts: [] });
  });
});

describe('windows', () => {
  it('are hours and days of UTC, each with rows of its own', () => {
    expect(windowAt('hour', '2026-11-30T02:45:48.000Z')).toEqual({
      key: 'hour#2026-11-30T02',
      until: Date.parse('2026-11-30T03:00:00.000Z'),
    });
    expect(windowAt('day', '2026-11-30T23:59:59.999Z')).toEqual({
      key: 'day#2026-11-30',
      until: Date.parse('2026-12-01T00:00:00.000Z'),
    });
  });

  it('that are over get nothing back', () => {
    const part = { scope: 'tenant', cell: 'c', amount: 1, until: Date.parse(now) };
    const open = { ...part, until: part.until + 1 };
    expect(returned([part, open], now)).toEqual([open]);
    expect(returned(undefined, now)).toEqual([]);
  });
});
