/** The HTTP contract of the mesh: what goes out. */

import * as z from 'zod';
import { breachActions } from '../core/budget.ts';
import { characters } from '../core/characters.ts';
import { healthWords } from '../core/health.ts';
import { accountId } from './accounts.ts';

const ok = z.literal(true);
const time = z.iso.datetime();
const address = z.string().startsWith('agent://').max(383);
const health = z.enum(healthWords);

const cap = z.int().min(0).nullable();
const policy = z.strictObject({
  address_id: accountId,
  address,
  max_intents_per_day: cap,
  max_intents_per_hour: cap,
  max_cost_per_day_usd: z.number().min(0).nullable(),
  max_tool_calls_per_day: cap,
  max_money_per_day: z.record(z.string(), z.int().min(0)).nullable(),
  action_on_breach: z.enum(breachActions),
});

const agent = z.strictObject({
  address_id: accountId,
  address,
  display_name: characters(0, 255).nullable(),
  health_status: health,
  last_heartbeat_at: time.nullable(),
  created_at: time,
  /** As the agent told, in the window that was asked for. */
  intents_period: z.int().min(0),
  cost_period: z.number().min(0),
  /** What it told last, and who stopped it when and why. */
  metadata: z.record(z.string(), z.json()),
});

export const beaten = z.strictObject({
  ok,
  address_id: accountId,
  address,
  health_status: health,
  last_heartbeat_at: time,
});

const number = z.int().min(0);
export const listedMesh = z.strictObject({
  ok,
  agents: z.array(agent),
  summary: z.strictObject({
    total: number,
    healthy: number,
    degraded: number,
    unreachable: number,
    killed: number,
    unknown: number,
  }),
});

export const gotMeshAgent = z.strictObject({
  ok,
  agent: agent.extend({ cost_policy: policy.nullable(), cost_policy_used: z.record(z.string(), z.number()) }),
});

export const stoppedAgent = z.strictObject({ ok, address_id: accountId, address, health_status: health, agent });

export const listedMeshEvents = z.strictObject({
  ok,
  events: z.array(
    z.strictObject({
      event_id: z.uuid(),
      address,
      event_type: z.enum(['agent.killed', 'agent.resumed', 'cost_policy.updated', 'budget.exceeded']),
      details: z.record(z.string(), z.json()),
      actor_id: z.string(),
      created_at: time,
    }),
  ),
});

export const gotCostPolicy = z.strictObject({ ok, policy: policy.extend({ updated_at: time }) });
