/** The HTTP contract of the mesh: what comes in. AXP has no schema of it; the words are its own. */

import * as z from 'zod';
import { breachActions } from '../core/budget.ts';
import { healthWords } from '../core/health.ts';

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
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  health: z.enum(healthWords).optional(),
  window: period.prefault('24h'),
});

export const agentQuery = meshQuery.pick({ window: true });

export const meshEventsQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(500).default(100) });

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
