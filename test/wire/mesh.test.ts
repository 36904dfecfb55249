import { describe, expect, it } from 'vitest';
import { capsIn, costPolicy, heartbeat, meshQuery, wordsOf } from '../../wire/mesh.ts';

describe('a cost policy', () => {
  it('comes back in the words that it was given in', () => {
    const given = {
      max_intents_per_day: 10,
      max_intents_per_hour: 0,
      max_cost_per_day_usd: 1.25,
      max_tool_calls_per_day: 3,
      max_money_per_day: { EUR: 500, USD: 7 },
      action_on_breach: 'alert',
    };
    const body = costPolicy.parse(given);
    expect(wordsOf(capsIn(body), body.action_on_breach)).toEqual(given);
  });

  it('caps nothing of what is left out or null', () => {
    expect(capsIn(costPolicy.parse({}))).toEqual([]);
    expect(capsIn(costPolicy.parse({ max_intents_per_day: null, max_cost_per_day_usd: null }))).toEqual([]);
    expect(costPolicy.parse({}).action_on_breach).toBe('block');
  });

  it.each([
    { max_intents_per_day: -1 },
    { max_intents_per_day: 1.5 },
    { max_money_per_day: { eur: 1 } },
    { action_on_breach: 'kill' },
    { max_tokens: 1 },
  ])('is not %j', (body) => {
    expect(costPolicy.safeParse(body).success).toBe(false);
  });
});

describe('a heartbeat', () => {
  it.each([{}, { metrics: null }, { metrics: { intents_total: 3, avg_latency_ms: 1.5, cost_usd: 0.01 } }])(
    'is %j',
    (body) => {
      expect(heartbeat.parse(body)).toEqual(body);
    },
  );
});

describe('a window', () => {
  it.each([
    [undefined, 24],
    ['1h', 1],
    ['7d', 168],
    ['hour', 1],
    ['month', 720],
  ])('%s is %i hours', (window, hours) => {
    expect(meshQuery.parse(window === undefined ? {} : { window }).window).toBe(hours);
  });

  it.each(['31d', '0h', '999h', 'year', '1.5h'])('is not %s', (window) => {
    expect(meshQuery.safeParse({ window }).success).toBe(false);
  });
});
