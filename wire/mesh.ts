/** The HTTP contract of the mesh: what comes in. AXP has no schema of it; the words are its own. */

import * as z from 'zod';
import { breachActions, type Cap, type OnBreach } from '../core/budget.ts';
import { healthWords } from '../core/health.ts';
import { pageLimit } from './page-limit.ts';

const count = z.int().min(0).max(1_000_000_000);

export const heartbeat = z.strictObject({
  /** Since the heartbeat before. */
  metrics: z
    .strictObject({
      intents_total: count.optional(),
      intents_succeeded: count.optional(),
      intents_failed: count.optional(),
      avg_latency_ms: z.number().min(0).max(1e9).optional(),
      cost_usd: z.number().min(0).max(1_000_000).optional(),
    })
    .nullish(),
});

/** Words of a period, in hours. */
const periods: Record<string, number> = { hour: 1, day: 24, today: 24, week: 168, month: 720 };

/** Until now, in hours; 30 days at the most. */
const period = z
  .string()
  .regex(/^(hour|day|today|week|month|[1-9]\d{0,2}[hd])$/, 'such as 24h, 7d, hour, day, week, month; 30d at the most')
  .transform((given) => periods[given] ?? Number.parseInt(given, 10) * (given.endsWith('d') ? 24 : 1))
  .refine((hours) => hours <= 720, '30 days at the most');

export const meshQuery = z.strictObject({
  limit: pageLimit(1000, 100),
  health: z.enum(healthWords).optional(),
  window: period.prefault('24h'),
});

export const agentQuery = meshQuery.pick({ window: true });

export const meshEventsQuery = z.strictObject({ limit: pageLimit(500, 100) });

const cap = z.int().min(0).max(1_000_000_000).nullish();

/** Takes the place of what was set before; what is left out, or null, is not capped. */
export const costPolicy = z.strictObject({
  max_intents_per_day: cap,
  max_intents_per_hour: cap,
  max_cost_per_day_usd: z.number().min(0).max(1_000_000_000).nullish(),
  /** Calls of tools with effects. */
  max_tool_calls_per_day: cap,
  /** Money that tools move: minor units by currency, e.g. `{"EUR": 100000}`. */
  max_money_per_day: z.record(z.string().regex(/^[A-Z]{3}$/), z.int().min(0).max(1_000_000_000_000)).nullish(),
  action_on_breach: z.enum(breachActions).default('block'),
});

const microsPerUsd = 1_000_000;
export const usdOf = (micros: number): number => micros / microsPerUsd;

/** A policy's words → caps. */
export function capsIn(body: z.output<typeof costPolicy>): Cap[] {
  const cost = body.max_cost_per_day_usd;
  const given: [Cap['kind'], Cap['window'], number | null | undefined][] = [
    ['intents', 'hour', body.max_intents_per_hour],
    ['intents', 'day', body.max_intents_per_day],
    ['tool_calls', 'day', body.max_tool_calls_per_day],
    ['cost_usd', 'day', typeof cost === 'number' ? Math.floor(cost * microsPerUsd) : cost],
    ...Object.entries(body.max_money_per_day ?? {}).map(([currency, most]): [Cap['kind'], Cap['window'], number] => [
      `money_${currency}`,
      'day',
      most,
    ]),
  ];
  return given.flatMap(([kind, window, most]) => (typeof most === 'number' ? [{ kind, window, most }] : []));
}

/** Caps → a policy's words. */
export function wordsOf(caps: readonly Cap[], onBreach: OnBreach) {
  const most = (kind: Cap['kind'], window: Cap['window']): number | null =>
    caps.find((cap) => cap.kind === kind && cap.window === window)?.most ?? null;
  const money = caps.flatMap(({ kind, most }) => (kind.startsWith('money_') ? [[kind.slice(6), most] as const] : []));
  const cost = most('cost_usd', 'day');
  return {
    max_intents_per_day: most('intents', 'day'),
    max_intents_per_hour: most('intents', 'hour'),
    max_cost_per_day_usd: cost === null ? null : usdOf(cost),
    max_tool_calls_per_day: most('tool_calls', 'day'),
    max_money_per_day: money.length > 0 ? Object.fromEntries(money) : null,
    action_on_breach: onBreach,
  };
}
