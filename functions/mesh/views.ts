/** Agents of the mesh in AXP's words. */

import type { Account } from '../../adapters/accounts.ts';
import type { Beat, MeshEvent } from '../../adapters/mesh.ts';
import { type Row, stopOf } from '../../adapters/stops.ts';
import type { Cap, OnBreach } from '../../core/budget.ts';
import { type Health, healthOf, healthWords } from '../../core/health.ts';
import { type JsonObject, present } from '../../core/json.ts';
import type { costPolicy } from '../../wire/mesh.ts';

const microsPerUsd = 1_000_000;
const usd = (micros: number): number => micros / microsPerUsd;

/** What is known of an agent beside its account. */
export interface Known {
  beat: Beat | undefined;
  /** Rows of the stops that cover it: its own, its tenant's, everything's. */
  rows: (Row | undefined)[];
  intents: number;
  /** Millionths of a USD. */
  cost: number;
}

export const healthIn = ({ beat, rows }: Pick<Known, 'beat' | 'rows'>, now: string): Health =>
  healthOf(
    { lastHeartbeatAt: beat?.at, metrics: beat?.metrics, stopped: rows.some((row) => row?.at !== undefined) },
    now,
  );

export function agentOut(account: Account, known: Known, now: string) {
  const stop = known.rows.flatMap((row) => (row ? (stopOf(row) ?? []) : []))[0];
  return {
    address_id: account.id,
    address: account.agent,
    display_name: account.displayName ?? null,
    health_status: healthIn(known, now),
    last_heartbeat_at: known.beat?.at ?? null,
    created_at: account.createdAt,
    intents_period: known.intents,
    cost_period: usd(known.cost),
    metadata: present({
      name: account.name,
      metrics: known.beat?.metrics,
      stopped: stop && { at: stop.at, by: stop.by, reason: stop.reason },
    }) as JsonObject,
  };
}

export type AgentOut = ReturnType<typeof agentOut>;

export const summaryOf = (agents: readonly AgentOut[]) => ({
  total: agents.length,
  ...(Object.fromEntries(
    healthWords.map((word) => [word, agents.filter(({ health_status }) => health_status === word).length]),
  ) as Record<Health, number>),
});

export const eventOut = ({ id, address, type, details, actor, at }: MeshEvent) => ({
  event_id: id,
  address,
  event_type: type,
  details,
  actor_id: actor,
  created_at: at,
});

/** A policy's words → caps. */
export function capsIn(body: ReturnType<typeof costPolicy.parse>): Cap[] {
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
export function policyOut({ id, agent }: Account, caps: readonly Cap[], onBreach: OnBreach) {
  const most = (kind: Cap['kind'], window: Cap['window']): number | null =>
    caps.find((cap) => cap.kind === kind && cap.window === window)?.most ?? null;
  const money = caps.flatMap(({ kind, most }) => (kind.startsWith('money_') ? [[kind.slice(6), most] as const] : []));
  const cost = most('cost_usd', 'day');
  return {
    address_id: id,
    address: agent,
    max_intents_per_day: most('intents', 'day'),
    max_intents_per_hour: most('intents', 'hour'),
    max_cost_per_day_usd: cost === null ? null : usd(cost),
    max_tool_calls_per_day: most('tool_calls', 'day'),
    max_money_per_day: money.length > 0 ? Object.fromEntries(money) : null,
    action_on_breach: onBreach,
  };
}

/** What is used up of each cap, by the policy's names; cost in USD. */
export const usedOut = (caps: readonly (Cap & { used: number })[]): Record<string, number> =>
  Object.fromEntries(
    caps.map(({ kind, window, used }) => [`${kind}_per_${window}`, kind === 'cost_usd' ? usd(used) : used]),
  );
